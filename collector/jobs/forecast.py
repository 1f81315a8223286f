"""The job that asks a service of weather for the coming days."""

from __future__ import annotations

from datetime import timedelta

from collector.jobs.context import Context, Job
from collector.providers.provider import ProviderError
from collector.providers.settings import provider_from_env
from collector.providers.taking import take_forecasts, wanted
from field_configs.events import Event, event


def is_wanted(context: Context) -> bool:
    """Tell whether a service is named and may be asked: it is left alone as long as it asks to."""
    provider = provider_from_env()
    if provider is None:
        return False
    with context.pool.connection() as conn:
        return wanted(conn, provider.name, context.now)


def fetch_forecast(context: Context) -> Event:
    """Ask for the coming days of all places, and keep what came.

    Raises
    ------
    ProviderError
        When the service failed; when it may be asked again is noted.
    """
    provider = provider_from_env()
    if provider is None:
        return event("forecast_fetched", places=0, new=0, refused=0)
    taken = take_forecasts(context.pool, provider, context.now, context.stopping.wait)
    if taken.error is None:
        return event("forecast_fetched", places=taken.places, new=taken.new, refused=taken.refused)
    if taken.error.wait_s is None:
        raise ProviderError(taken.error.event)
    return event("forecast_waits", places=taken.places, new=taken.new, why=str(taken.error))


#: Due often and run seldom: how long to wait is the service's word or `collector.providers.taking`.
JOBS = (Job("forecast", timedelta(minutes=5), fetch_forecast, wanted=is_wanted),)

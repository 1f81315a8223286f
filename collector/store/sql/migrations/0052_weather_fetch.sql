-- What became of asking a service of weather: of how many places, how many values were new, how many
-- things were refused; not_before: when it may be asked again. kind and params say why it went wrong.
CREATE TABLE weather_fetch (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider text NOT NULL,
    asked timestamptz NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('ok', 'waits', 'failed')),
    places integer NOT NULL,
    new_values integer NOT NULL,
    refused integer NOT NULL,
    not_before timestamptz NOT NULL,
    kind text,
    params jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX weather_fetch_latest ON weather_fetch (provider, id DESC);

-- Values of a delivery and of its series are put by one statement behind those, as readings are:
-- looking each of a million up again took half of an import.
ALTER TABLE weather_value DROP CONSTRAINT weather_value_series_id_fkey;
ALTER TABLE weather_value DROP CONSTRAINT weather_value_delivery_fkey;

#!/bin/sh
# Puts what tests drive onto a Debian-like machine, where that is allowed: a browser, a broker, a pooler.
# Where it is not, it says why and lets the other tests run; those tests then name the reason.
set -u
wanted=""
[ -x /usr/bin/chromium ] || wanted="$wanted chromium fonts-noto-cjk"
[ -x /usr/sbin/mosquitto ] || wanted="$wanted mosquitto"
[ -x /usr/sbin/pgbouncer ] || wanted="$wanted pgbouncer"
[ -x /usr/bin/espeak-ng ] || wanted="$wanted espeak-ng"
[ -z "$wanted" ] && exit 0
if ! command -v apt-get >/dev/null; then
    echo "not on this machine, and no apt-get to install it with:$wanted"
    exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "some tests will be skipped; as root: apt-get install$wanted"
    exit 0
fi
echo "installing for the tests:$wanted"
export DEBIAN_FRONTEND=noninteractive
# a package's own service must not start: the tests start what they need
policy=/usr/sbin/policy-rc.d
[ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod 755 "$policy"; made=yes; }
# shellcheck disable=SC2086
apt-get update -qq && apt-get install -y -qq --no-install-recommends $wanted >/dev/null \
    || echo "apt-get could not install:$wanted"
[ "${made:-}" = yes ] && rm -f "$policy"
exit 0

#!/bin/sh
# Puts the browser that the browser tests drive onto a Debian-like machine, where that is allowed.
# Where it is not, it says why and lets the other tests run; those tests then name the reason.
set -u
[ -x /usr/bin/chromium ] && exit 0
if ! command -v apt-get >/dev/null; then
    echo "browser tests: no /usr/bin/chromium, and no apt-get to install it with"
    exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "browser tests: no /usr/bin/chromium; as root: apt-get install chromium fonts-noto-cjk"
    exit 0
fi
echo "installing chromium and fonts-noto-cjk for the browser tests"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk \
    >/dev/null || echo "browser tests: apt-get could not install chromium"
exit 0

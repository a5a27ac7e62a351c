# Sourced by packaging/newcomer: a clean Debian, booted with its own systemd, a person who types there, and what that person
# has elsewhere: the built-in Zoom account and a CalDAV server, on the loopback of that machine.
# shellcheck shell=bash
begun=$SECONDS
say() { printf '%4d s  %s\n' $((SECONDS - begun)) "$*"; }
fail() {
  printf 'packaging/newcomer: %s\n' "$*" >&2
  exit 1
}
# A person waits a little for what comes by itself.
comes() {
  for _ in $(seq 300); do
    "$@" && return
    sleep 0.1
  done
  fail "this did not come about: $*; last said: $(cat "$work/said")"
}

# --- a clean Debian ----------------------------------------------------------------------------------
# From where and how this machine gets its own packages.
clean_debian() {
  local sources=() file suite
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    [ -s "$file" ] && sources+=("$file")
  done
  [ ${#sources[@]} -gt 0 ] || fail 'this machine names no package sources below /etc/apt'
  apt-config dump | grep '^Acquire::.*"..*";$' >"$work/apt.conf" || true
  echo 'APT::Get::Assume-Yes "true";' >>"$work/apt.conf"
  suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-stable}")
  mmdebstrap --quiet --variant=minbase --aptopt="$work/apt.conf" --skip=cleanup/apt/lists,cleanup/apt/cache \
    --include=systemd-sysv,libpam-systemd,dbus-user-session,sudo \
    "$suite" "$work/debian" "${sources[@]}" >"$work/made" 2>&1 || fail "no clean Debian could be made: $(tail -n 5 "$work/made")"
  # The machine has a loopback of its own and nothing else, so that no port of this one is in its way. What the package asks
  # for is fetched now and installed there, by apt, when the package is.
  cp /etc/resolv.conf "$work/debian/etc/resolv.conf"
  chroot "$work/debian" apt-get install --download-only \
    "$(dpkg-deb --field "$package" Recommends | sed 's/[, ].*//')" >"$work/made" 2>&1 || fail "$(tail -n 5 "$work/made")"
  say "a clean Debian $suite: $(du -sm "$work/debian" | cut -f1) MB"
}

# --- one machine, from its start to its end -----------------------------------------------------------
root='' leader='' nspawn='' person='' started=()
# machine NAME PERSON FOLDER: starts a copy of it. The person may use sudo, as whoever installs a Debian may, and has the
# package in a folder below their home directory.
machine() {
  person=$2 root=$work/$1
  cp --archive --reflink=auto "$work/debian" "$root"
  chroot "$root" useradd --create-home --shell /bin/bash --groups sudo "$person"
  printf '%%sudo ALL=(ALL) NOPASSWD: ALL\nDefaults env_keep += "SLOTBRIDGE__*"\n' >"$root/etc/sudoers.d/sudo"
  echo "$1" >"$root/etc/hostname"
  printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$1" >"$root/etc/hosts"
  chroot "$root" install -d -o "$person" -g "$person" "/home/$person/$3"
  cp "$package" "$root/home/$person/$3/"
  systemd-nspawn --quiet --directory="$root" --boot --private-network --register=no --keep-unit --console=pipe \
    --link-journal=no --resolv-conf=off --timezone=off --machine="$1" </dev/null >"$work/console" 2>&1 &
  nspawn=$!
  for _ in $(seq 300); do
    kill -0 "$nspawn" 2>/dev/null || fail "a clean Debian cannot be booted on this machine: $(cat "$work/console")"
    read -r leader _ <"/proc/$nspawn/task/$nspawn/children" || true
    [ -n "$leader" ] && [ -S "/proc/$leader/root/run/systemd/private" ] && break
    sleep 0.1
  done
  for _ in $(seq 300); do
    inside systemctl is-active --quiet multi-user.target 2>/dev/null && break
    sleep 0.1
  done
  inside systemctl is-active multi-user.target >/dev/null || fail 'the Debian did not come up'
  zoom_account
  say 'it has come up, with its own systemd'
}
halt() {
  exec 7>&- || true
  # Its processes end with its first one.
  [ -z "$leader" ] || kill -KILL "$leader" 2>/dev/null || true
  [ -z "$nspawn" ] || kill -TERM "$nspawn" 2>/dev/null || true
  [ ${#started[@]} = 0 ] || kill -TERM "${started[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  leader='' nspawn='' started=()
}
# Inside, as its first process would.
inside() { nsenter --target "$leader" --all --root timeout 120 env --chdir=/ "$@"; }
# Outside, with its loopback: `nearby` runs to its end, `beside` stays until `halt`.
nearby() { nsenter --target "$leader" --net -- "$@"; }
beside() {
  nsenter --target "$leader" --net -- "$@" <&0 &
  started+=($!)
}

# --- the built-in Zoom account ------------------------------------------------------------------------
zoom_account() {
  rm -f "$work/guests"
  mkfifo "$work/guests"
  exec 7<>"$work/guests"
  beside "$target/debug/examples/zoom_account" <"$work/guests" >"$work/account"
  for _ in $(seq 100); do
    grep -q '^READY=' "$work/account" && break
    sleep 0.1
  done
  [ -n "$(of_account API_URL)" ] || fail 'the built-in Zoom account does not answer'
  # What the real Zoom is for everybody, the built-in account is here: for shells, and for all services.
  zoom=("SLOTBRIDGE__ZOOM__API_URL=$(of_account API_URL)" "SLOTBRIDGE__ZOOM__OAUTH_URL=$(of_account OAUTH_URL)")
  mkdir -p "$root/etc/environment.d"
  printf '%s\n' "${zoom[@]}" >"$root/etc/environment.d/50-zoom.conf"
  inside systemctl set-environment "${zoom[@]}"
}
of_account() { sed -n "s/^$1=//p" "$work/account" | tail -n 1; }
# Somebody books; the id of their booking.
books() {
  local before
  before=$(grep -c '^BOOKED=' "$work/account" || true)
  echo "$1" >&7
  for _ in $(seq 100); do
    [ "$(grep -c '^BOOKED=' "$work/account" || true)" = "$before" ] || break
    sleep 0.1
  done
  of_account BOOKED
}

# --- a CalDAV server ------------------------------------------------------------------------------------
# Radicale with one user and one empty calendar, /alice/work/.
caldav() {
  local venv=${SLOTBRIDGE_TEST_VENV:-$target/venv}
  [ -x "$venv/bin/python" ] || fail "$venv is missing; say tests/run first, which makes it"
  mkdir -p "$work/dav"
  printf 'alice:%s\n' "$1" >"$work/dav/users"
  cat >"$work/dav/config" <<DAV
[server]
hosts = 127.0.0.1:5232
[auth]
type = htpasswd
htpasswd_filename = $work/dav/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = $work/dav/data
[logging]
level = warning
DAV
  beside "$venv/bin/python" -m radicale --config "$work/dav/config" >"$work/dav/log" 2>&1
  dav_server=$!
  dav_password=$1
  for _ in $(seq 100); do
    { dav PROPFIND /alice/work/ || dav MKCALENDAR /alice/work/; } >/dev/null 2>&1 && return
    sleep 0.1
  done
  fail "Radicale does not answer: $(cat "$work/dav/log")"
}
# What the CalDAV server answers to its user: dav METHOD PATH
dav() {
  nearby python3 - "$1" "http://127.0.0.1:5232$2" "$dav_password" <<'PY'
import base64
import sys
import urllib.request

method, address, password = sys.argv[1:]
asked = urllib.request.Request(address, method=method, headers={"Depth": "1"})
asked.add_header("Authorization", "Basic " + base64.b64encode(f"alice:{password}".encode()).decode())
with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=30) as answer:
    sys.stdout.write(answer.read().decode())
PY
}

# --- typing -----------------------------------------------------------------------------------------------
typed=0
# As that person, logged in.
as_person() {
  local uid
  uid=$(stat -c %u "$root/home/$person")
  inside runuser -u "$person" -- env -i HOME="/home/$person" USER="$person" LOGNAME="$person" SHELL=/bin/bash LANG=C.UTF-8 \
    PATH=/usr/local/bin:/usr/bin:/bin XDG_RUNTIME_DIR="/run/user/$uid" "${zoom[@]}" env --chdir="/home/$person" "$@"
}
# type_in BLOCK [FILE]: what was typed and what it said; it must end well. What is pasted stands in the file.
type_in() {
  local block=$1 code=0
  typed=$((typed + 1))
  as_person bash -euc "$block" >"$work/said" 2>&1 <"${2:-/dev/null}" || code=$?
  [ "$code" = 0 ] || fail "this ended with $code: $(printf '%s\n%s' "$block" "$(cat "$work/said")")"
}
# The same, of what must not end well.
refused() {
  local code=0
  typed=$((typed + 1))
  as_person bash -euc "$1" >"$work/said" 2>&1 </dev/null || code=$?
  [ "$code" != 0 ] || fail "this should have been refused: $(printf '%s\n%s' "$1" "$(cat "$work/said")")"
}
says() { grep -qF -- "$1" "$work/said" || fail "\"$1\" was expected of \"${2:-what was typed}\": $(cat "$work/said")"; }
# Commands that a guide names within a sentence.
prose() {
  grep -qF -- "\`$1\`" "$guide" || fail "$guide does not say \"$1\" any more"
  type_in "$1"
}

# follow GUIDE STEP…: shows every block of it to `step`, in its order, which ends the script at one that it does not know. The
# steps, each the first line of a block, must be among them.
follow() {
  guide=$1
  local folder=$work/blocks/$(basename "$guide") seen=$'\n' file expected
  shift
  # The guide is the one inside the package.
  cmp -s "$guide" "$work/packaged/$(basename "$guide")" || fail "the package has another $guide"
  mkdir -p "$folder"
  awk -v folder="$folder" '
    /^```/ { if (open) { close(file); open = 0 } else { open = 1; file = sprintf("%s/%02d.%s", folder, ++n, substr($0, 4)); printf "" >file } next }
    open { print >file }' "$guide"
  for file in "$folder"/*; do
    first_line=$(head -n 1 "$file")
    step "$first_line" "$(cat "$file")" "$file"
    seen+=$first_line$'\n'
  done
  for expected in "$@"; do
    case $seen in
      *$'\n'"$expected"$'\n'*) ;;
      *) fail "$guide does not say \"$expected\" any more" ;;
    esac
  done
}
# Nothing that the journal holds of all this is a secret.
no_secret_in_the_journal() {
  local secret
  for secret in "$@"; do
    if inside journalctl --output=export --no-pager | grep -aqF -e "$secret"; then
      fail 'a secret is in the journal'
    fi
  done
}

# Sourced by packaging/newcomer: Alice follows docs/LAPTOP.md.
# shellcheck shell=bash
machine laptop alice target/debian
# Alice logs in: her user manager runs, as with any session.
inside systemctl start user@1000.service
first=$(books 'Bob Bunting')
[ -n "$first" ] || fail 'nobody can book'
entry() { echo "$root/home/alice/.calendars/work/$1@scheduler.slotbridge.ics"; }
# `slotbridge login`, and the browser, which is outside: it opens the address that the command names, agrees, and is sent back
# to the loopback.
login() {
  typed=$((typed + 1))
  as_person bash -c "$1" >"$work/said" 2>&1 </dev/null &
  local shell=$!
  comes grep -q '^http://.*authorize' "$work/said"
  nearby python3 - "$(grep -o '^http://[^ ]*authorize[^ ]*' "$work/said")" <<'PY' || fail "the browser ended badly: $(cat "$work/said")"
import sys
import urllib.request

urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sys.argv[1], timeout=30).read()
PY
  wait "$shell" || fail "$1: $(cat "$work/said")"
}
step() {
  local block=$2 file=$3
  case $1 in
    'packaging/deb')
      # It was built already.
      type_in "$(printf '%s\n' "$block" | sed 1d)"
      say "installed: $(chroot "$root" dpkg-query -W -f '${Package} ${Version}, ${Installed-Size} KiB' slotbridge)"
      ;;
    'cargo install --path .') ;; # the other way to install it; .ci/run does it
    'slotbridge config init --no-input')
      type_in "$block"
      says '.config/slotbridge/config.toml' "$1"
      ;;
    '[zoom.auth]')
      sed "s/YOUR-CLIENT-ID/$(of_account CLIENT_ID)/" "$file" >"$root/home/alice/.config/slotbridge/config.toml"
      ;;
    'umask 077')
      of_account CLIENT_SECRET >"$work/pasted"
      type_in "$block" "$work/pasted"
      ;;
    'slotbridge login')
      login "$block"
      says 'logged in' "$1"
      ;;
    'slotbridge check')
      type_in "$block"
      grep -q '^failed' "$work/said" && fail "$(cat "$work/said")"
      say "check: $(tail -n 1 "$work/said")"
      ;;
    'slotbridge sync --dry-run')
      type_in "$block"
      says 'nothing was changed' "$1"
      [ -s "$(entry "$first")" ] || fail 'the booking is in no entry'
      grep -q 'Bob Bunting' "$(entry "$first")" || fail 'the entry does not say who booked'
      say 'synchronised: the booking stands in the calendar'
      ;;
    'slotbridge service install --user') ;; # "with it, leave this step out"
    'systemctl --user daemon-reload')
      type_in "$block"
      comes as_person systemctl --user is-active --quiet slotbridge
      second=$(books 'Carol Crane')
      # A person who does not want to wait for the next pass.
      type_in 'slotbridge sync'
      comes test -s "$(entry "$second")"
      say 'the user unit runs, and says READY; another booking came'
      ;;
    'systemctl --user status slotbridge')
      comes as_person bash -c 'systemctl --user status slotbridge | grep -q "Status:.*in step"'
      type_in "$block"
      says 'active (running)' "$1"
      says 'daemon: running' "$1"
      says 'pass done' "$1"
      says 'next pass at' "$1"
      say "systemctl: $(sed -n 's/^ *Status: //p' "$work/said")"
      # Fields of the journal, not only words.
      type_in 'journalctl --user -u slotbridge --output=cat SLOTBRIDGE_HOST=alice SLOTBRIDGE_FLOW=bookings'
      says 'pass done' 'journalctl with fields'
      ;;
    'loginctl enable-linger')
      # Of one's own session; here it is said whose.
      type_in "sudo $block alice"
      ;;
    'systemctl --user reload slotbridge')
      type_in "$block"
      comes as_person bash -c 'journalctl --user -u slotbridge | grep -q "configuration was read again"'
      ;;
    'systemctl --user disable --now slotbridge')
      type_in "$block"
      type_in 'systemctl --user show slotbridge --property=ActiveState,Result,ExecMainStatus'
      says 'ActiveState=inactive' "$1"
      says 'Result=success' "$1"
      says 'ExecMainStatus=0' "$1"
      say 'it ended well'
      ;;
    'slotbridge service remove --user')
      type_in "$block"
      ;;
    *) fail "the guide has a block that this script does not know: $block" ;;
  esac
}
follow docs/LAPTOP.md 'packaging/deb' 'slotbridge config init --no-input' '[zoom.auth]' 'slotbridge login' 'slotbridge check' \
  'slotbridge sync --dry-run' 'systemctl --user daemon-reload' 'systemctl --user status slotbridge' \
  'systemctl --user disable --now slotbridge'
# What stays and what does not.
inside test -d /home/alice/.local/state/slotbridge || fail 'the state is gone'
[ -s "$(entry "$first")" ] && [ -s "$(entry "$second")" ] || fail 'entries are gone'
for file in "$root/home/alice/.config/slotbridge/client-secret" "$root/home/alice/.local/state/slotbridge"; do
  case $(stat -c %a "$file") in *00) ;; *) fail "others can read $file" ;; esac
done
type_in 'sudo apt-get purge slotbridge'
! inside test -e /usr/bin/slotbridge || fail 'the program stays after a purge'
no_secret_in_the_journal "$(of_account CLIENT_SECRET)"
say "$typed commands of $guide, typed on a clean Debian: done"

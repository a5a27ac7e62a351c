# Sourced by packaging/newcomer: an administrator follows docs/SERVER.md.
# shellcheck shell=bash
webhook_secret=hush-webhook-of-the-guide
caldav_password=hush-dav-of-the-guide
machine server ada .
caldav "$caldav_password"
first=$(books 'Bob Bunting')
[ -n "$first" ] || fail 'nobody can book'

# Who booked a booking, by the entry in the CalDAV calendar.
stands() { dav GET "/alice/work/$1@scheduler.slotbridge.ics" 2>/dev/null | tr -d '\r\n' | grep -qF "$2"; }
entries() { dav PROPFIND /alice/work/ | grep -oE '(@|%40)scheduler.slotbridge.ics</' | wc -l; }
in_step() { as_person systemctl status slotbridge 2>/dev/null | grep -q 'Status:.*in step'; }
runs() {
  comes in_step
  [ "$(inside systemctl is-active slotbridge)" = active ] || fail 'the service is not active'
}
# What is answered, status and words: served GET PATH, or served POST PATH BODY SECRET. First by the address of `listen`, then
# through the web server, of which `check` says that its name and certificate are right.
base=http://127.0.0.1:8787
served() {
  nearby python3 - "$base" "$@" <<'PY'
import hashlib
import hmac
import ssl
import sys
import time
import urllib.error
import urllib.request

base, method, path, body, secret = (sys.argv[1:] + ["", ""])[:5]
asked = urllib.request.Request(base + path, method=method, data=body.encode() or None)
if secret:
    now = str(int(time.time()))
    asked.add_header("x-zm-request-timestamp", now)
    signed = hmac.new(secret.encode(), f"v0:{now}:{body}".encode(), hashlib.sha256)
    asked.add_header("x-zm-signature", f"v0={signed.hexdigest()}")
    asked.add_header("content-type", "application/json")
secure = urllib.request.HTTPSHandler(context=ssl._create_unverified_context())
try:
    with urllib.request.build_opener(urllib.request.ProxyHandler({}), secure).open(asked, timeout=30) as answer:
        print(answer.status, answer.read().decode())
except urllib.error.HTTPError as error:
    print(error.code, error.read().decode())
PY
}
answers() {
  local expected=$1 answer
  shift
  answer=$(served "$@")
  [ "${answer%% *}" = "$expected" ] || fail "$* was answered with $answer"
}
is_ready() { [ "$(served GET /readyz | cut -d' ' -f1)" = 200 ]; }
# Zoom tells of a booking, and its entry is there long before the next pass.
hint_comes_through() {
  local id
  id=$(books "$1")
  answers 401 POST /webhooks/zoom "$(of_account NOTICE)" hush-another-secret
  answers 204 POST /webhooks/zoom "$(of_account NOTICE)" "$webhook_secret"
  comes stands "$id" "$1"
}
journal_says() { inside journalctl -u slotbridge --output=cat --no-pager | grep -qF -- "$1"; }
# Nothing of root's in what the service keeps.
all_of_the_service() {
  local left
  left=$(inside find /var/lib/private/slotbridge -uid 0)
  [ -z "$left" ] || fail "root's files in the state: $left"
}
# `systemctl edit` opens the editor of the machine, which is a person who writes this file into what it shows.
types_into_the_editor() {
  cp "$1" "$root/root/typed"
  cat >"$root/usr/local/bin/editor" <<'SH'
#!/bin/bash
sed -i '/^### Anything between here/r /root/typed' "${!#}"
SH
  chmod +x "$root/usr/local/bin/editor"
  grep -qF "\`sudo systemctl edit slotbridge\`" "$guide" || fail "$guide does not say how a drop-in is made any more"
  # It asks for a terminal.
  type_in 'script --quiet --return --command "sudo systemctl edit slotbridge" /dev/null'
  local written
  written=$(inside cat /etc/systemd/system/slotbridge.service.d/override.conf)
  [ "$written" = "$(cat "$1")" ] || fail "systemctl edit wrote something else: $written; $(cat "$work/said")"
}
# The DNS of the machine, which knows one name, that of this machine, and no address of IPv6.
names() {
  cat >"$work/names.py" <<'PY'
import socket
import sys

name = b"".join(bytes([len(part)]) + part.encode() for part in sys.argv[1].split(".")) + b"\0"
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    asked, peer = server.recvfrom(512)
    question = asked[12 : asked.index(b"\0", 12) + 5]
    known = question[:-4].lower() == name
    address = known and question[-4:-2] == b"\0\1"
    flags = b"\x84\x00" if known else b"\x84\x03"
    head = asked[:2] + flags + b"\0\1" + (b"\0\1" if address else b"\0\0") + b"\0\0\0\0"
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1" if address else b""
    server.sendto(head + question + record, peer)
PY
  beside python3 "$work/names.py" "$1"
  echo 'nameserver 127.0.0.1' >"$root/etc/resolv.conf"
}
# The web server of the guide: TLS for cal.example.org, and what is below /webhooks/ and /feeds/ goes to the port that it names.
web_server() {
  inside openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=cal.example.org -addext basicConstraints=critical,CA:FALSE \
    -addext subjectAltName=DNS:cal.example.org -keyout /root/key.pem -out /usr/local/share/ca-certificates/cal.crt 2>"$work/said" \
    || fail "no certificate: $(cat "$work/said")"
  inside update-ca-certificates >"$work/said" 2>&1 || fail "$(cat "$work/said")"
  names cal.example.org
  cat >"$work/web.py" <<'PY'
import http.client
import http.server
import ssl
import sys

certificate, key, host, port = sys.argv[1:]


class Forward(http.server.BaseHTTPRequestHandler):
    def forward(self):
        if not self.path.startswith(("/webhooks/", "/feeds/")):
            return self.send_error(404)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        there = http.client.HTTPConnection(host, int(port), timeout=30)
        there.request(self.command, self.path, body, dict(self.headers))
        answer = there.getresponse()
        words = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(words)))
        self.end_headers()
        self.wfile.write(words)

    do_GET = do_HEAD = do_POST = forward


server = http.server.ThreadingHTTPServer(("127.0.0.1", 443), Forward)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
PY
  beside python3 "$work/web.py" "$root/usr/local/share/ca-certificates/cal.crt" "$root/root/key.pem" "${1%:*}" "${1#*:}" \
    >"$work/web" 2>&1
  base=https://127.0.0.1
  comes reached
  # Nothing else is passed on.
  for path in / /metrics /healthz; do answers 404 GET "$path"; done
}
reached() { served POST /webhooks/zoom x >/dev/null 2>&1; }
# By the address of `listen`, whatever stands before it.
at_the_port() { local base=http://127.0.0.1:8787; "$@"; }
# The values that are examples in the guide.
mine() {
  sed -e "s/YOUR-ACCOUNT-ID/$(of_account ACCOUNT_ID)/" -e "s/YOUR-CLIENT-ID/$(of_account CLIENT_ID)/" \
    -e 's|https://dav.example.org/|http://127.0.0.1:5232/|' "$1"
}
step() {
  local block=$2 file=$3 line
  case $1 in
    'packaging/deb')
      # It was built already.
      type_in "$(printf '%s\n' "$block" | sed 1d)"
      say "installed: $(chroot "$root" dpkg-query -W -f '${Package} ${Version}, ${Installed-Size} KiB' slotbridge)"
      ;;
    'sudo install -m 755 slotbridge /usr/local/bin/')
      # Elsewhere: tried beside the package, and undone.
      elsewhere=$block
      type_in 'cp /usr/bin/slotbridge .'
      type_in "$block"
      type_in 'systemctl show slotbridge --property=ExecStart,FragmentPath'
      says 'path=/usr/local/bin/slotbridge ' "$1"
      says '/etc/systemd/system/slotbridge.service' "$1"
      prose 'sudo slotbridge service remove --system'
      type_in 'sudo rm /usr/local/bin/slotbridge && sudo systemctl daemon-reload && systemctl show slotbridge --property=ExecStart'
      says 'path=/usr/bin/slotbridge ' "$1"
      say 'elsewhere: the unit was written, and removed'
      ;;
    'sudo install -d -m 700 /etc/slotbridge/secrets')
      while read -r line; do
        case $line in
          */client-secret) of_account CLIENT_SECRET ;;
          */dav-password) echo "$caldav_password" ;;
          */webhook-secret) echo "$webhook_secret" ;;
          *-d*) ;;
          *) fail "the guide has a secret that this script does not know: $line" ;;
        esac >"$work/pasted"
        type_in "$line" "$work/pasted"
      done <"$file"
      [ "$(inside stat -c %a:%U /etc/slotbridge/secrets/dav-password)" = 600:root ] || fail 'others can read a secret'
      ;;
    '[Service]') types_into_the_editor "$file" ;;
    'sudo install -m 644 /dev/stdin /etc/slotbridge/config.toml') paste=$block ;; # it waits for the next block
    '[zoom.auth]')
      mine "$file" >"$work/pasted"
      cp "$work/pasted" "$work/config.toml"
      type_in "$paste" "$work/config.toml"
      ;;
    'sudo env CREDENTIALS_DIRECTORY=/etc/slotbridge/secrets slotbridge check')
      type_in "$block"
      says 'it works' "$1"
      grep -q '^failed' "$work/said" && fail "$(cat "$work/said")"
      inside test ! -e /var/lib/slotbridge -a ! -e /root/.local || fail 'root left something behind before the first start'
      say "check before the first start: $(tail -n 1 "$work/said")"
      ;;
    'sudo systemctl enable --now slotbridge')
      type_in "$1"
      runs
      type_in "$(printf '%s\n' "$block" | sed '1d;$d')"
      for line in 'active (running)' 'Status: "in step: 1 booking' 'pass done' 'daemon: running' 'next pass at'; do
        says "$line" "$1"
      done
      line=$(sed -n 's/^ *Status: //p' "$work/said")
      # There is no way in yet, as the guide says.
      refused "$(printf '%s\n' "$block" | tail -n 1)"
      [ "$(grep -c '^failed' "$work/said")" = 1 ] && grep -q '^failed *webhook.*cal.example.org does not resolve' "$work/said" \
        || fail "$(cat "$work/said")"
      say "systemctl: $line"
      stands "$first" 'Bob Bunting' || fail 'the booking is not in the CalDAV calendar'
      answers 200 GET /healthz
      answers 200 GET /readyz
      hint_comes_through 'Carol Crane'
      say 'the booking stands in the CalDAV calendar; a second one came by a webhook'
      root_types_while_it_is_stopped
      ;;
    'sudo systemctl reload slotbridge')
      type_in "$block"
      comes journal_says 'configuration was read again'
      # A wrong one.
      local pid
      pid=$(inside systemctl show slotbridge --property=MainPID)
      type_in 'echo "nonsense = 1" | sudo tee -a /etc/slotbridge/config.toml'
      type_in "$block || true"
      comes journal_says 'nonsense'
      [ "$(inside systemctl show slotbridge --property=MainPID)" = "$pid" ] || fail 'a wrong configuration ended the daemon'
      hint_comes_through 'Erin Evers'
      type_in "$paste" "$work/config.toml"
      type_in "$block"
      say 'a wrong configuration was refused, and the old one stayed in force'
      ;;
    'sudo systemctl restart slotbridge')
      type_in "$block"
      [ "$(inside systemctl is-active slotbridge)" = active ] || fail 'it did not start again'
      hint_comes_through 'Nora North'
      ;;
    *'journalctl -u slotbridge SLOTBRIDGE_HOST=alice')
      while read -r line; do
        type_in "$line"
        grep -q 'slotbridge' "$work/said" || fail "\"$line\" shows nothing: $(cat "$work/said")"
        case $line in
          *HOST*) says 'pass done' "$line" ;;
          *json*) python3 -c 'import json, sys; all(json.loads(l)["PRIORITY"] <= "4" for l in sys.stdin) or sys.exit(1)' <"$work/said" ;;
        esac
      done <"$file"
      each_field_is_there
      ;;
    'cal.example.org {' | 'location ~ ^/(webhooks|feeds)/ {')
      # What other programs read is not run here; a web server that does the same is.
      listen=$(sed -n 's/^listen = "\(.*\)"/\1/p' "$work/config.toml")
      grep -qF "$listen" <<<"$block" || fail "another port: $block"
      if [ "$1" = 'cal.example.org {' ]; then
        web_server "$listen"
        type_in 'sudo slotbridge --state-dir /var/lib/slotbridge check'
        grep -q '^failed' "$work/said" && fail "$(cat "$work/said")"
        hint_comes_through 'Gina Gray'
        say "through a web server: $(grep '^ok *webhook' "$work/said" | tr -s ' '); $(tail -n 1 "$work/said")"
      fi
      ;;
    'sudo systemctl stop slotbridge')
      type_in "$block"
      runs
      comes at_the_port is_ready
      type_in 'systemctl is-active slotbridge.socket slotbridge.service'
      # Whoever knocks while it is away waits for it.
      inside systemctl stop slotbridge.service
      at_the_port answers 200 GET /healthz
      runs
      hint_comes_through 'Frank Finch'
      say 'systemd holds the port: who knocked while the service was stopped was answered'
      ;;
    *' state export /root/slotbridge.jsonl')
      type_in "$block"
      [ "$(inside stat -c %a:%U /root/slotbridge.jsonl)" = 600:root ] || fail 'others can read the export'
      ;;
    *' state import /root/slotbridge.jsonl')
      # Another machine: it has the configuration, and no state.
      before=$(entries)
      type_in 'sudo systemctl stop slotbridge.socket slotbridge.service'
      type_in 'sudo mv /var/lib/private/slotbridge /root/old && sudo rm /var/lib/slotbridge'
      type_in "$block"
      says 'records read' "$1"
      type_in 'sudo systemctl start slotbridge'
      runs
      all_of_the_service
      type_in 'sudo slotbridge --state-dir /var/lib/slotbridge status'
      [ "$(entries)" = "$before" ] || fail "$before entries became $(entries)"
      say "moved: $before bookings, $(entries) entries"
      ;;
    'sudo apt remove slotbridge')
      type_in "$block"
      [ "$(inside systemctl is-active slotbridge)" != active ] || fail 'the service still runs'
      inside test ! -e /usr/bin/slotbridge || fail 'the program is still there'
      inside grep -q 'dav-password' /etc/slotbridge/config.toml || fail 'removing took the configuration along'
      inside test -d /var/lib/private/slotbridge/db || fail 'removing took the state along'
      grep -qF '`apt purge`' "$guide" || fail "$guide does not say how all of it goes"
      type_in 'sudo apt purge slotbridge'
      inside test ! -e /var/lib/private/slotbridge -a ! -e /var/lib/slotbridge -a ! -e /etc/slotbridge/config.toml \
        || fail 'a purge left something'
      inside test -s /etc/slotbridge/secrets/client-secret || fail 'a purge took what is not of the package'
      say 'removed, and purged'
      ;;
    'sudo apt install musl-tools') one_file ;; # .ci/run built it, outside
    *) fail "the guide has a block that this script does not know: $block" ;;
  esac
}
# Each field that the guide names is in the journal: of actions with `-v`, of causes while the CalDAV server is away.
each_field_is_there() {
  local line missing=
  grep -qF '`-v`, behind `slotbridge` in a drop-in' "$guide" || fail "$guide does not say how each action is logged any more"
  printf '[Service]\nExecStart=\nExecStart=/usr/bin/slotbridge -v --log-format journald run\n' \
    >"$root/etc/systemd/system/slotbridge.service.d/verbose.conf"
  type_in 'sudo systemctl daemon-reload && sudo systemctl restart slotbridge'
  runs
  hint_comes_through 'Hugo Hall'
  kill "$dav_server"
  wait "$dav_server" || true
  refused 'sudo slotbridge --state-dir /var/lib/slotbridge sync'
  says 'hint:' 'a pass without the CalDAV server'
  comes needs_a_person
  type_in 'systemctl status slotbridge'
  say "while the CalDAV server is away: $(sed -n 's/^ *Status: //p' "$work/said")"
  caldav "$caldav_password"
  type_in 'sudo slotbridge --state-dir /var/lib/slotbridge sync'
  type_in 'sudo rm /etc/systemd/system/slotbridge.service.d/verbose.conf && sudo systemctl daemon-reload'
  type_in 'sudo systemctl restart slotbridge'
  runs
  for line in $(grep -o '`SLOTBRIDGE_[A-Z]*`' "$guide" | tr -d '`' | sort -u); do
    [ -n "$(inside journalctl -u slotbridge --field="$line")" ] || missing+=" $line"
  done
  [ -z "$missing" ] || fail "no line of the journal has$missing"
}
needs_a_person() { as_person systemctl status slotbridge | grep '^ *Status:' | grep -qv 'in step:'; }
# The static program, on a machine that has nothing else of slotbridge, as "Elsewhere" says it: names, certificates, the journal
# and the hardened unit are right for it, too.
one_file() {
  local program
  program=$(ls "$target/$(uname -m)-unknown-linux-musl/debug/slotbridge") || fail 'there is no static program: say packaging/static dev first'
  inside test ! -e /usr/bin/slotbridge || fail 'the package is still there'
  cp "$program" "$root/home/$person/slotbridge"
  type_in "$elsewhere"
  type_in 'slotbridge demo'
  says 'The files stay:' 'slotbridge demo'
  type_in "$paste" "$work/config.toml"
  type_in 'sudo systemctl enable --now slotbridge'
  runs
  hint_comes_through 'Ivy Irons'
  type_in 'sudo slotbridge --state-dir /var/lib/slotbridge check'
  says 'asked through the public address' 'check of the static program'
  grep -q '^failed' "$work/said" && fail "$(cat "$work/said")"
  type_in 'sudo journalctl -u slotbridge --output=cat SLOTBRIDGE_HOST=alice'
  says 'pass done' 'the journal of the static program'
  say "one file: $(systemctl_status)"
  prose 'sudo slotbridge service remove --system'
}
systemctl_status() { as_person systemctl status slotbridge | sed -n 's/^ *Status: //p'; }
# While the service is stopped root may look at its state, and leaves it as it is; what writes is for the service.
root_types_while_it_is_stopped() {
  local by_hand='sudo env CREDENTIALS_DIRECTORY=/etc/slotbridge/secrets slotbridge --state-dir /var/lib/slotbridge' words id before
  type_in 'sudo systemctl stop slotbridge'
  id=$(books 'Dora Dale')
  before=$(whole_state)
  for words in held status check 'state verify' 'state export /root/by-hand.jsonl' conflicts; do
    type_in "$by_hand $words"
    [ "$(whole_state)" = "$before" ] || fail "root's \"$words\" changed the state"
  done
  for words in sync 'sync --full' 'sync --dry-run' 'state import --force /root/by-hand.jsonl' 'state rebuild' run; do
    refused "$by_hand $words"
    says 'root does not write there' "$words"
    says 'start the service and say it again' "$words"
    [ "$(whole_state)" = "$before" ] || fail "root's \"$words\" changed the state"
  done
  # What is said to do about it.
  words=$(grep -o '`systemd-run [^`]* …`' "$work/said" | tr -d '`')
  [ -n "$words" ] || fail "no way is named: $(cat "$work/said")"
  type_in "sudo sh -c '${words% …} state import --force - </root/by-hand.jsonl'"
  all_of_the_service
  type_in 'sudo systemctl start slotbridge'
  runs
  type_in "$by_hand sync"
  stands "$id" 'Dora Dale' || fail 'what the service synchronised for root is not in the calendar'
  all_of_the_service
  [ "$(entries)" = 3 ] || fail "3 bookings, $(entries) entries"
  say 'while it was stopped, root could look at the state and not write it; then the service did it'
}
# Names, owners, modes and contents of what the service keeps.
whole_state() {
  inside find /var/lib/private/slotbridge -printf '%p %U:%G %m %C@\n' | sort
  inside find /var/lib/private/slotbridge -type f -exec sha256sum {} + | sort
}
follow docs/SERVER.md 'packaging/deb' 'sudo install -m 755 slotbridge /usr/local/bin/' \
  'sudo install -d -m 700 /etc/slotbridge/secrets' '[Service]' '[zoom.auth]' \
  'sudo env CREDENTIALS_DIRECTORY=/etc/slotbridge/secrets slotbridge check' 'sudo systemctl enable --now slotbridge' \
  'sudo systemctl reload slotbridge' 'sudo apt remove slotbridge'
no_secret_in_the_journal "$(of_account CLIENT_SECRET)" "$webhook_secret" "$caldav_password"
say "$typed commands of $guide, typed on a clean Debian: done"

"""Configurations that are wrong, with the words that must be said, and configurations that are right."""
from dataclasses import dataclass, field

DEFAULTS = {
    "version": "version: 1\n",
    "kafka": 'kafka: {brokers: "127.0.0.1:1"}\n',  # nobody listens there
    "http": "http: {listen: off}\n",
    "segments": "segments: [rules.yaml]\n",
}
RULES = 'segments:\n- {name: seen, when: "count(click[1h]) >= 2"}\n'


@dataclass
class Case:
    name: str
    text: str  # of footprint.yaml
    said: str = ""  # bad: on stderr; good: a warning, or nothing
    exit: int = 1
    files: dict = field(default_factory=dict)  # path: text, or None: a folder
    modes: dict = field(default_factory=dict)  # path: mode
    set: tuple = ()
    environment: dict = field(default_factory=dict)
    raw: bytes = None  # of footprint.yaml, where it is no text


def with_defaults(text):
    """The groups that a text does not give, so that it is wrong for one reason only."""
    return "".join(line for key, line in DEFAULTS.items() if f"\n{key}:" not in "\n" + text) + text


BAD, GOOD = [], []


def bad(name, text, said, **more):
    more["files"] = {"rules.yaml": RULES, **more.get("files", {})}
    BAD.append(Case(name, with_defaults(text), said, **more))


def bad_whole(name, text, said, **more):
    more["files"] = {"rules.yaml": RULES, **more.get("files", {})}
    BAD.append(Case(name, text, said, **more))


def bad_rules(name, rules, said):
    bad(name, "", said, files={"rules.yaml": rules})


def bad_when(name, when, said):
    bad_rules(name, f"segments:\n- name: seen\n  when: '{when}'\n", said)


def good(name, text="", said="", **more):
    more["files"] = {"rules.yaml": RULES, **more.get("files", {})}
    GOOD.append(Case(name, with_defaults(text), said, exit=0, **more))


# --- the file itself -------------------------------------------------------------------------------

bad_whole("no file", None, "can't be opened: No such file")
bad_whole("empty", "", "no version; begin with 'version: 1'")
bad_whole("only a comment", "# version: 1\n", "no version")
bad_whole("no version", "workers: 1\n", "no version")
bad("version 2", "version: 2\n", "'2' is no version that is known")
bad("version as a text", 'version: "one"\n', "no version that is known")
bad_whole("a list", "- version: 1\n", "a list where a map is needed")
bad_whole("a scalar", "version 1\n", "a text where a map is needed")
bad_whole("bytes that are no text", "", "footprint.yaml", raw=b"\x7fELF\x02\x01\x01\x00\x00\xff\xfe")
bad_whole("latin-1", "", "footprint.yaml", raw=b"version: 1\ninstance: m\xfcnchen\n")
bad_whole("UTF-16", "", "footprint.yaml", raw="version: 1\n".encode("utf-16"))
bad_whole("too large", "version: 1\n" + "# padding\n" * 1700000, "is larger than 16 MiB")
bad_whole("two documents", "version: 1\n---\nworkers: 1\n", "a second document")
bad_whole("a directive", "%YAML 1.1\n---\nversion: 1\n", "a directive")
bad_whole("nested too deep", "version: 1\nkafka: {properties: " + "[" * 70 + "]" * 70 + "}\n", "nested more than 64 levels")

# --- YAML's traps -----------------------------------------------------------------------------------

bad("a key twice", "workers: 1\nworkers: 2\n", "duplicate key 'workers'")
bad("a group twice", "input: {lateness: 1s}\noutput: {changes: c}\ninput: {dedupe: 1m}\n", "duplicate key 'input'")
bad("a key twice in a group", "input:\n  lateness: 1s\n  lateness: 2s\n", "duplicate key 'lateness'")
bad("a tab", "input:\n\tlateness: 1s\n", "a tab in the indentation")
bad("an anchor", "input: &a {lateness: 1s}\n", "begins an anchor")
bad("an alias", "input: *a\n", "begins an alias")
bad("a tag", "workers: !!int 3\n", "begins a tag")
bad("a merge key", "input:\n  <<: {lateness: 1s}\n", "unknown key '<<' in input")
bad("yes is no boolean", "output: {create_topics: yes}\n", "true or false")
bad("on is no boolean", "output: {create_topics: on}\n", "true or false")
bad("True is no boolean", "output: {create_topics: True}\n", "true or false")
bad("a quoted boolean", 'output: {create_topics: "true"}\n', "true or false")
bad("wrong indentation", "input:\n  lateness: 1s\n dedupe: 1m\n", "footprint.yaml:")
bad("no colon", "input\n  lateness: 1s\n", "footprint.yaml:")
bad("an open bracket", "input: {lateness: 1s\n", "footprint.yaml:")
bad("an open quote", 'instance: "web\n', "footprint.yaml:")
bad("a map as a key", "? {a: 1}\n: 2\n", "a key is a text")

# --- keys -------------------------------------------------------------------------------------------

bad("a slip at the top", "wrokers: 3\n", "did you mean 'workers'?")
bad("a slip in a group", "input: {latenes: 1s}\n", "did you mean 'lateness'?")
bad("a key of another group", "kafka: {brokers: \"127.0.0.1:1\", lateness: 1s}\n", "did you mean input: {lateness: ...}?")
bad("a path as a key", "input.lateness: 1s\n", "did you mean input: {lateness: ...}?")
bad("an unknown key", "frobnicate: 1\n", "unknown key 'frobnicate'; allowed: version")
bad("an empty key", "input: {\"\": 1}\n", "unknown key ''")
bad("a group that is a text", "input: interactions\n", "a text where a map is needed")
bad("a group that is a list", "redis: [a]\n", "a list where a map is needed")

# --- types and bounds ---------------------------------------------------------------------------------

bad("a map for a text", "kafka: {brokers: {host: a}}\n", "unknown key 'host'")
bad("a list for a text", "kafka: {brokers: [\"127.0.0.1:1\"]}\n", "a list where a text is needed")
bad("nothing for a text", "kafka: {brokers: }\n", "nothing where a text is needed")
bad("a word for a number", "workers: many\n", "'many' is not a whole number")
bad("a fraction for a number", "workers: 1.5\n", "'1.5' is not a whole number")
bad("hex for a number", "workers: 0x10\n", "is not a whole number")
bad("no workers", "workers: 0\n", "'0' is out of range; write 1 to 256")
bad("too many workers", "workers: 257\n", "out of range")
bad("a number past all bounds", "workers: 99999999999999999999\n", "out of range")
bad("a negative number", "revision: -1\n", "out of range")
bad("a duration without a unit", "input: {lateness: 5}\n", "'5' is not a duration; write it as 500ms")
bad("a duration of an unknown unit", "input: {lateness: 5sec}\n", "is not a duration")
bad("a duration with a blank", "input: {lateness: 5 s}\n", "is not a duration")
bad("a fraction of a duration", "input: {lateness: 1.5h}\n", "is not a duration")
bad("a negative duration", "input: {lateness: -5s}\n", "is not a duration")
bad("a duration in capitals", "input: {lateness: 5S}\n", "is not a duration")
bad("a duration that is too short", "kafka: {brokers: \"127.0.0.1:1\", session_timeout: 10ms}\n", "write 1s to 30m")
bad("a duration that is too long", "redis: {timeout: 1h}\n", "write 100ms to 1m")
bad("never where it is not known", "input: {lateness: never}\n", "is not a duration")
bad("a size of another unit", "limits: {event_bytes: 1MB}\n", "'1MB' is not a size; write it as 65536, 64KiB")
bad("a size in short", "profiles: {memory: 1G}\n", "is not a size")
bad("a size that is too small", "profiles: {memory: 1KiB}\n", "write 1MiB to 1TiB")
bad("a size as a duration", "profiles: {memory: 1h}\n", "is not a size")
bad("a window that is too long", "limits: {events_per_window: 65537}\n", "write 2 to 65536")
bad("an unknown word", "input: {on_gap: stopp}\n", "did you mean 'stop'? allowed: stop, continue")
bad("an unknown level", "log: {level: verbose}\n", "allowed: debug, info, warn, error")
bad("a time without an offset", "input: {start_at: 2026-11-24T00:00:00}\n", "or a time such as")
bad("a time that never was", "input: {start_at: 2026-02-30T00:00:00Z}\n", "or a time such as")
bad("a zone that is not there", "input: {time_zone: Europe/Berlim}\n", "Europe/Berlim")
bad("a zone outside", "input: {time_zone: ../../etc/passwd}\n", "time_zone", )

# --- names and addresses ------------------------------------------------------------------------------

bad("a topic with a blank", "input: {topic: 'a b'}\n", "can't be a name in Kafka")
bad("a topic called ..", "output: {changes: ..}\n", "can't be a name in Kafka")
bad("a topic that is too long", f"output: {{changes: {'c' * 250}}}\n", "249 at most")
bad("an empty topic", "output: {changes: ''}\n", "an empty text")
bad("one topic twice", "output: {changes: same, members: same}\n", "'same' is output.changes already")
bad("the input as an output", "input: {topic: footprint.rejects}\n", "each topic has its own name")
bad("an instance with a slash", "instance: web/1\n", "can't be a name in Kafka")
bad("a group with an umlaut", "kafka: {brokers: \"127.0.0.1:1\", group: größe}\n", "can't be a name in Kafka")
bad("a broker without a port", "kafka: {brokers: 'localhost:'}\n", "is no broker; write HOST:PORT")
bad("a port too high", "kafka: {brokers: 'a:1,b:65536'}\n", "'b:65536' is no broker")
bad("an empty broker", "kafka: {brokers: 'a:1,,b:2'}\n", "'' is no broker")
bad("a comma at the end", "kafka: {brokers: 'a:1,'}\n", "'' is no broker")
bad("brokers apart by blanks", "kafka: {brokers: 'a:1 b:2'}\n", "is no broker")
bad("a Redis by http", "redis: {url: 'http://localhost:6379'}\n", "must begin with redis://, rediss:// or unix:")
bad("a Redis without a host", "redis: {url: 'redis://'}\n", "a host is missing")
bad("a Redis port of letters", "redis: {url: 'redis://a:b'}\n", "the port must be 1 to 65535")
bad("a Redis database of letters", "redis: {url: 'redis://a:1/x'}\n", "is not the number of a database")
bad("a Redis socket without a path", "redis: {url: 'unix:redis.sock'}\n", "must begin with '/'")
bad("a Redis user that can't be read", "redis: {url: 'redis://u:p%zz@a:1'}\n", "with %XX for what is no letter")
bad("a prefix with a brace", "redis: {prefix: 'a{b}'}\n", "a brace in the prefix")
bad("a prefix that is too long", f"redis: {{prefix: '{'p' * 65}'}}\n", "more than 64 bytes")
bad("listening nowhere", "http: {listen: 'localhost'}\n", "is no address to listen on")
bad("listening at port 0", "http: {listen: '127.0.0.1:0'}\n", "is no address to listen on")
bad("listening at another host's address", "http: {listen: '192.0.2.7:9464'}\n", "it is no address of this host")
bad("listening at a name that is not known", "http: {listen: 'nowhere.invalid:9464'}\n", "nowhere.invalid:9464: ")
bad("a socket at a relative path", "socket: {path: run/a.sock}\n", "neither auto nor off nor an absolute path")
bad("a socket in a folder that is not there", "socket: {path: /nowhere/at/all.sock}\n", "a socket can't be made there")
bad("a socket where a file is", "socket: {path: @/rules.yaml}\n", "is there already and is no socket")
bad("a socket where a folder is", "socket: {path: @/folder}\n", "is there already and is no socket", files={"folder": None})
bad("a socket of a long name", f"socket: {{path: /tmp/{'s' * 110}}}\n", "a path of more than 107 bytes")
bad("operators that are not there", "socket: {operators: nobody-knows-them}\n", "there is no group 'nobody-knows-them'")
bad("a folder of the service manager that is not there", "", "a socket can't be made there", environment={"RUNTIME_DIRECTORY": "/nowhere"})

# --- one against another ------------------------------------------------------------------------------

bad("commits: min above max", "commit: {min: 2s, max: 1s}\n", "commit.min is 2s and commit.max is 1s")
bad("commits: min above the default max", "commit: {min: 2s}\n", "commit.min is 2s and commit.max is 100ms")
bad("repeats known for longer than users", "profiles: {forget_after: 1m}\n", "profiles.forget_after is 1m")

# --- mapping ------------------------------------------------------------------------------------------

bad("a slip in the mapping", "input: {mapping: {usr: /u}}\n", "did you mean 'user'?")
bad("no pointer", "input: {mapping: {user: user}}\n", "'user' is no JSON pointer")
bad("a wrong escape in a pointer", "input: {mapping: {user: /a~2}}\n", "is no JSON pointer")
bad("the whole as a user", "input: {mapping: {user: ''}}\n", "'' is the whole payload")
bad("no user at all", "input: {mapping: {user: []}}\n", "every event needs a user")
bad("too many pointers", "input: {mapping: {user: [" + ", ".join(f"/a{i}" for i in range(9)) + "]}}\n", "9 pointers; 8 at most")
bad("an unknown unit of time", "input: {mapping: {time_unit: sec}}\n", "is no unit of time")
bad("a field called user", "input: {mapping: {fields: {user: /u}}}\n", "'user' is no field")
bad("too many fields", "input:\n  mapping:\n    fields:\n" + "".join(f"      f{i}: /f{i}\n" for i in range(4097)), "more than 4096 fields")

# --- librdkafka ---------------------------------------------------------------------------------------


def properties(text):
    return f"kafka: {{brokers: '127.0.0.1:1', properties: {{{text}}}}}\n"


bad("an unknown property", properties("linger.mss: 5"), "did you mean 'linger.ms'?")
bad("a property out of bounds", properties("linger.ms: 99999999999"), "librdkafka does not take this")
bad("a property of the protocol", properties("isolation.level: read_uncommitted"), "isolation.level")
bad("automatic commits", properties("enable.auto.commit: 'true'"), "enable.auto.commit")
bad("a property that is a setting", properties("bootstrap.servers: 'a:1'"), "bootstrap.servers")
bad("a word that librdkafka does not know", properties("security.protocol: tls"), "librdkafka does not take this")
bad("a CA file that is not there", properties("security.protocol: ssl, ssl.ca.location: /nowhere/ca.pem"), "ssl.ca.location")
bad("a CA file that is none", properties("security.protocol: ssl, ssl.ca.location: '@/rules.yaml'"), "ssl.ca.location")
bad("a key that is not there", properties("security.protocol: ssl, ssl.key.location: /nowhere/key.pem"), "ssl.key.location")
bad("a certificate that is not there", properties("security.protocol: ssl, ssl.certificate.location: /nowhere/c.pem"), "ssl.certificate.location")
bad("a mechanism that is not known", properties("security.protocol: sasl_plaintext, sasl.mechanisms: SCRAM-SHA-1024"), "librdkafka does not take")
bad("a login without a name", properties("security.protocol: sasl_plaintext, sasl.mechanisms: PLAIN"), "sasl.username")
bad("heartbeats longer than the session", properties("heartbeat.interval.ms: 30000"), "must be shorter than kafka.session_timeout")

# --- texts that stand elsewhere -------------------------------------------------------------------------

bad("a secret's file that is not there", "redis: {password: {file: secret}}\n", "secret' can't be read: No such file")
bad("a secret's file that can't be read", "redis: {password: {file: secret}}\n", "can't be read: Permission denied",
    files={"secret": "x\n"}, modes={"secret": 0})
bad("a secret's file that is a folder", "redis: {password: {file: secret}}\n", "can't be read: Is a directory", files={"secret": None})
bad("a secret with a zero byte", "redis: {password: {file: secret}}\n", "has a zero byte", files={"secret": "a\0b"})
bad("a secret that is too long", "redis: {password: {file: secret}}\n", "can't be read: File too large", files={"secret": "x" * 70000})
bad("no credentials here", "redis: {password: {credential: redis}}\n", "LoadCredential=redis:PATH")
bad("a credential that is not there", "redis: {password: {credential: redis}}\n", "can't be read: No such file",
    environment={"CREDENTIALS_DIRECTORY": "@/credentials"}, files={"credentials": None})
bad("a credential with a path", "redis: {password: {credential: ../redis}}\n", "is no name of a credential",
    environment={"CREDENTIALS_DIRECTORY": "@"})
bad("a secret in another way", "redis: {password: {env: PASSWORD}}\n", "write {file: PATH} or {credential: NAME}")
bad("a property's secret that is not there", properties("sasl.password: {file: nowhere}"), "nowhere' can't be read")

# --- --set ----------------------------------------------------------------------------------------------

bad("set: an unknown setting", "", "did you mean 'input.topic'?", set=("input.topik=x",))
bad("set: a group", "", "is a group of settings", set=("input=x",))
bad("set: no value", "", "no value; write KEY=VALUE", set=("workers=",))
bad("set: no equals sign", "", "not of the form KEY=VALUE", set=("workers",))
bad("set: a wrong unit", "", "is not a duration", set=("input.lateness=1hour",))
bad("set: the version", "", "the version is that of a file", set=("version=1",))
bad("set: a secret", "", "a secret on a command line is seen by everybody", set=("redis.password=hunter2",))
bad("set: what was right becomes wrong", "commit: {max: 1s}\n", "commit.min is 2s and commit.max is 1s", set=("commit.min=2s",))
bad("set: a wrong property", "", "no property 'linger.mss'", set=("kafka.properties.linger.mss=1",))
bad("set: another file of rules", "", "nowhere.yaml' can't be read", set=("segments=nowhere.yaml",))
bad("set: too often", "", "", set=("workers=1",) * 300, exit=2)

# --- rules: their files -------------------------------------------------------------------------------------

bad("rules that are not there", "segments: [nowhere.yaml]\n", "file '" "nowhere.yaml' can't be read")
bad("rules that can't be read", "segments: [closed.yaml]\n", "closed.yaml' can't be read: Permission denied",
    files={"closed.yaml": RULES}, modes={"closed.yaml": 0})
bad("rules that are a folder", "segments: [folder]\n", "folder: can't be read: Is a directory", files={"folder": None})
bad("rules in their place", "segments: [{name: a, when: any(b)}]\n", "rules stand in files of their own")
bad("rules of nothing", "segments: ['']\n", "nothing where a path is needed")
bad("segments that are a map", "segments: {a: b}\n", "a map")
bad("a glob with one wrong file", "segments: ['d/*.yaml']\n", "d/b.yaml:", files={
    "d": None, "d/a.yaml": RULES, "d/b.yaml": "segments:\n- {name: other, when: 'any('}\n"})
bad("a name in two files", "segments: [rules.yaml, more.yaml]\n", "seen", files={"more.yaml": RULES})
bad_rules("no segments in it", "rules: []\n", "unknown key 'rules'")
bad_rules("a segment without a condition", "segments:\n- {name: seen}\n", "when")
bad_rules("a segment without a name", "segments:\n- {when: any(click)}\n", "name")
bad_rules("a slip in a segment", "segments:\n- {name: seen, wen: any(click)}\n", "did you mean 'when'?")
bad_rules("a name with a blank", "segments:\n- {name: 'a b', when: any(click)}\n", "a b")
bad_rules("a name that is too long", f"segments:\n- {{name: {'n' * 64}, when: any(click)}}\n", "rules.yaml:2")
bad_rules("two of one name", "segments:\n- {name: a, when: any(b)}\n- {name: a, when: any(c)}\n", "rules.yaml:3")
bad_rules("a ring", "segments:\n- {name: a, when: member(b)}\n- {name: b, when: member(a)}\n", "rules.yaml:")
bad_rules("a rule with a duration without a unit", "segments:\n- {name: a, when: any(b), keep: 10}\n", "has no unit")
bad_rules("too many mistakes", "segments:\n" + "".join(f"- {{name: s{i}, when: 'any('}}\n" for i in range(50)), "more")
bad_rules("rules with a tab", "segments:\n\t- {name: a, when: any(b)}\n", "a tab in the indentation")

# --- rules: conditions ----------------------------------------------------------------------------------------

bad_when("a function that is not there", "cuont(click[1h]) >= 2", "did you mean 'count'?")
bad_when("not closed", "count(click[1h] >= 2", "rules.yaml:3:")
bad_when("no condition", "count(click[1h])", "condition")
bad_when("an unknown unit in a window", "count(click[1hour]) >= 2", "unit")
bad_when("a segment that is not there", "member(sene)", "unknown segment 'sene'")
bad_when("a text as a condition", '"2"', "a string where a condition is needed")
bad_when("a regular expression that is none", 'any(click{page=~"("}[1h])', "rules.yaml:3:")
bad_when("no end of a text", 'any(click{page="a}[1h])', "not closed")
bad_when("nothing", "", "rules.yaml:3")
bad_when("a condition nested too deep", "(" * 70 + "any(click)" + ")" * 70, "rules.yaml:3:")

# --- right ----------------------------------------------------------------------------------------------------

good("the least")
good("as JSON", '"workers": 2\n')
good("groups with nothing in them", "input:\noutput: ~\n# lateness: 1s\n")
good("a byte order mark and CR LF", "", raw=b"\xef\xbb\xbf" + with_defaults("workers: 1\n").replace("\n", "\r\n").encode())
good("an instance", "instance: web-1.example_2\n")
good("several brokers", "kafka: {brokers: '127.0.0.1:1, ssl://127.0.0.1:2,[::1]:3'}\n")
good("a broker by its name alone", "kafka: {brokers: localhost}\n")
good("time-outs", "kafka: {brokers: '127.0.0.1:1', session_timeout: 1m30s, transaction_timeout: 15m}\n")
good("the least of each", "input: {lateness: 0, dedupe: 0, idle_after: 100ms, idle_lag: 0, max_ahead: 0}\nworkers: 1\n")
good("the most of each", "input: {lateness: 365d, idle_after: 1d, idle_lag: 1h, max_ahead: 365d}\nworkers: 256\nlimits: {events_per_window: 65536, event_bytes: 64MiB}\n")
good("words beside numbers", "input: {idle_after: never, idle_lag: auto, max_ahead: never}\nprofiles: {forget_after: never}\nworkers: auto\n")
good("from the latest on", "input: {start_at: latest}\n")
good("from a time on", "input: {start_at: 2026-11-24T02:00:00.25+02:00}\n")
good("from a time on, with a blank", "input: {start_at: '2026-11-24 02:00:00Z'}\n")
good("a zone", "input: {time_zone: Europe/Berlin}\n")
good("events of Segment", "input: {preset: segment, mapping: {id: []}}\n")
good("a mapping of all kinds", "input: {mapping: {user: [/a/0, '/b~1c'], time_unit: ms, fields_from: ['', /p], fields: {'total paid': [/a, /b]}}}\n")
good("a field that is never seen", "input: {mapping: {fields: {hour: /h}}}\n", "warning: 'hour' comes from the event's time")
good("topics of their own", "input: {topic: in.1}\noutput: {changes: c, members: m, rejects: r, metrics: x, create_topics: false}\n")
good("a topic of the longest name", f"output: {{changes: {'c' * 249}}}\n")
good("trust and gaps", "input: {placement: trust, on_gap: continue}\n")
good("a Redis elsewhere", "redis: {url: 'redis://cache.example:6380/2', prefix: 'shop:', timeout: 100ms, max_behind: 7d}\n")
good("a Redis of IPv6", "redis: {url: 'redis://[::1]/1'}\n")
good("a Redis at a socket", "redis: {url: 'unix:///run/redis.sock?db=3', username: app}\n")
good("a password in a file", "redis: {username: {file: name}, password: {file: secret}}\n", files={"name": "app\n", "secret": "hunter2\n"})
good("a password as a credential", "redis: {password: {credential: redis}}\n",
     environment={"CREDENTIALS_DIRECTORY": "@/credentials"}, files={"credentials": None, "credentials/redis": "hunter2"})
good("a password that others can read", "redis: {password: hunter2}\n", "warning: a secret stands in a file that everybody can read",
     modes={"footprint.yaml": 0o644})
good("a password that others can't read", "redis: {password: hunter2}\n", modes={"footprint.yaml": 0o600})
good("a password in the URL", "redis: {url: 'redis://u:p%40ss@127.0.0.1:1'}\n", modes={"footprint.yaml": 0o600})
good("HTTP at a port", "http: {listen: '127.0.0.1:#'}\n")
good("HTTP at every address", "http: {listen: '[::]:#'}\n")
good("HTTP at a name", "http: {listen: 'localhost:#'}\n")
good("a socket", "socket: {path: @/a.sock, operators: adm, admins: root}\n")
good("a socket of the service manager", "", environment={"RUNTIME_DIRECTORY": "@"})
good("no socket", "socket: {path: off}\n")
good("properties", properties("linger.ms: 5, compression.codec: lz4, client.rack: a"))
good("larger messages", properties("message.max.bytes: 5000000"))
good("TLS", properties("security.protocol: ssl, enable.ssl.certificate.verification: 'true'"))
good("SASL with a password in a file", properties("security.protocol: sasl_plaintext, sasl.mechanisms: SCRAM-SHA-512, sasl.username: u, sasl.password: {file: secret}"),
     files={"secret": "hunter2"})
good("equal bounds", "commit: {min: 50ms, max: 50ms}\nprofiles: {forget_after: 10m}\n")
good("otlp and json", "metrics: {encoding: otlp_json, interval: 1m}\nlog: {format: json, level: warn}\n")
good("a revision", "revision: 1000000000000\n")
good("set", "", set=("input.lateness=1h", "workers=2", "kafka.properties.linger.ms=7", "input.mapping.fields.page=/p", "instance='a'"))
good("set: what was wrong becomes right", "commit: {min: 2s, max: 1s}\n", set=("commit.max=3s",))
good("a glob that matches nothing", "segments: ['none/*.yaml']\n", "warning: no file matches")
good("a folder of rules", "segments: [rules.yaml, 'd/*.yaml']\n", files={"d": None, "d/a.yaml": "segments:\n- {name: a, when: 'any(b[1h])'}\n", "d/b.txt": "no rules"})
good("one file of rules named twice", "segments: [rules.yaml, rules.yaml, '*s.yaml']\n")
good("rules of every kind", "", files={"rules.yaml": """segments:
- {name: buyers, when: 'count(purchase[30d]) >= 2', keep: 1h, cooldown: 1d}
- {name: lookers, when: 'count(view[1h]) >= 3 and none(purchase[1h])', for: 5m}
- {name: both, when: 'member(buyers) and not member(lookers)'}
"""})

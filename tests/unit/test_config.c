/* Configuration files, right and wrong, and what is said of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "config/config.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct test_case {
    const char *text;
    const char *expected;
};

static const struct test_case bad_files[] = {
    {"", "f.yaml: no version; begin with 'version: 1'\n"},
    {"instance: a\n", "f.yaml: no version; begin with 'version: 1'\n"},
    {"version: 2\n", "f.yaml:1:10: '2' is no version that is known; write 1\n"
                     "    version: 2\n"
                     "             ^\n"},
    {"version: [1]\n", "f.yaml:1:10: a list is no version that is known; write 1\n"
                       "    version: [1]\n"
                       "             ^\n"},
    {"[a]\n", "f.yaml:1:1: a list where a map is needed, such as {version: ...}\n"
              "    [a]\n"
              "    ^\n"},
    {"just text\n", "f.yaml:1:1: a text where a map is needed, such as {version: ...}\n"
                    "    just text\n"
                    "    ^\n"},
    {"version: 1\n"
     "wrokers: 3\n",
        "f.yaml:2:1: unknown key 'wrokers'; did you mean 'workers'? allowed: version, instance, "
        "kafka, input, output, redis, http, socket, workers, profiles, limits, commit, checkpoint, "
        "stop, "
        "metrics, log, segments, revision\n"
        "    wrokers: 3\n"
        "    ^\n"},
    {"version: 1\n"
     "frobnicate: 3\n",
        "f.yaml:2:1: unknown key 'frobnicate'; allowed: version, instance, kafka, input, output, "
        "redis, http, socket, workers, profiles, limits, commit, checkpoint, stop, metrics, log, "
        "segments, revision\n"
        "    frobnicate: 3\n"
        "    ^\n"},
    {"version: 1\n"
     "lateness: 3s\n",
        "f.yaml:2:1: unknown key 'lateness' here; did you mean input: {lateness: ...}?\n"
        "    lateness: 3s\n"
        "    ^\n"},
    {"version: 1\n"
     "input.topic: x\n",
        "f.yaml:2:1: unknown key 'input.topic' here; did you mean input: {topic: ...}?\n"
        "    input.topic: x\n"
        "    ^\n"},
    {"version: 1\n"
     "kafka:\n"
     "  brokerz: a:1\n",
        "f.yaml:3:3: unknown key 'brokerz' in kafka; did you mean 'brokers'? allowed: brokers, "
        "group, session_timeout, transaction_timeout, properties\n"
        "    brokerz: a:1\n"
        "    ^\n"},
    {"version: 1\n"
     "kafka:\n"
     "  topic: a\n",
        "f.yaml:3:3: unknown key 'topic' here; did you mean input: {topic: ...}?\n"
        "    topic: a\n"
        "    ^\n"},
    {"version: 1\n"
     "kafka: localhost:9092\n",
        "f.yaml:2:8: a text where a map is needed, such as {brokers: ...}\n"
        "    kafka: localhost:9092\n"
        "           ^\n"},
    {"version: 1\n"
     "kafka: []\n",
        "f.yaml:2:8: a list where a map is needed, such as {brokers: ...}\n"
        "    kafka: []\n"
        "           ^\n"},
    {"version: 1\n"
     "kafka:\n"
     "  brokers: a:1\n"
     "  brokers: b:1\n",
        "f.yaml:4:3: duplicate key 'brokers'; it is given in line 3 already\n"
        "    brokers: b:1\n"
        "    ^\n"},
    {"version: 1\n"
     "kafka:\n"
     "  brokers: [a:1, b:1]\n",
        "f.yaml:3:12: a list where a text is needed\n"
        "    brokers: [a:1, b:1]\n"
        "             ^\n"},
    {"version: 1\n"
     "kafka:\n"
     "  brokers:\n",
        "f.yaml:3:3: nothing where a text is needed\n"
        "    brokers:\n"
        "    ^\n"},
    {"version: 1\n"
     "kafka: {brokers: ''}\n",
        "f.yaml:2:18: an empty text; write a text, or leave kafka.brokers out\n"
        "    kafka: {brokers: ''}\n"
        "                     ^\n"},
    {"version: 1\n"
     "kafka: {brokers: 'a:1,,b:2'}\n",
        "f.yaml:2:19: '' is no broker; write HOST:PORT, several separated by commas\n"
        "    kafka: {brokers: 'a:1,,b:2'}\n"
        "                      ^\n"},
    {"version: 1\n"
     "kafka: {brokers: 'a:99999'}\n",
        "f.yaml:2:19: 'a:99999' is no broker; write HOST:PORT, several separated by commas\n"
        "    kafka: {brokers: 'a:99999'}\n"
        "                      ^\n"},
    {"version: 1\n"
     "kafka: {group: 'a b'}\n",
        "f.yaml:2:17: 'a b' can't be a name in Kafka; write letters, digits, '.', '_' and '-', 128 "
        "at most\n"
        "    kafka: {group: 'a b'}\n"
        "                    ^\n"},
    {"version: 1\n"
     "instance: web/1\n",
        "f.yaml:2:11: 'web/1' can't be a name in Kafka; write letters, digits, '.', '_' and '-', "
        "128 at most\n"
        "    instance: web/1\n"
        "              ^\n"},
    {"version: 1\n"
     "kafka: {session_timeout: 30}\n",
        "f.yaml:2:26: '30' is not a duration; write it as 500ms, 90s, 1h30m or 7d\n"
        "    kafka: {session_timeout: 30}\n"
        "                             ^\n"},
    {"version: 1\n"
     "kafka: {session_timeout: 10ms}\n",
        "f.yaml:2:26: '10ms' is out of range; write 1s to 30m\n"
        "    kafka: {session_timeout: 10ms}\n"
        "                             ^\n"},
    {"version: 1\n"
     "kafka: {transaction_timeout: 1d}\n",
        "f.yaml:2:30: '1d' is out of range; write 1s to 15m\n"
        "    kafka: {transaction_timeout: 1d}\n"
        "                                 ^\n"},
    {"version: 1\n"
     "input: {topic: 'a b'}\n",
        "f.yaml:2:17: 'a b' can't be a name in Kafka; write letters, digits, '.', '_' and '-', 249 "
        "at most\n"
        "    input: {topic: 'a b'}\n"
        "                    ^\n"},
    {"version: 1\n"
     "input: {topic: ..}\n",
        "f.yaml:2:16: '..' can't be a name in Kafka; write letters, digits, '.', '_' and '-', 249 "
        "at most\n"
        "    input: {topic: ..}\n"
        "                   ^\n"},
    {"version: 1\n"
     "input: {topic: footprint.changes}\n",
        "f.yaml:2:16: 'footprint.changes' is output.changes already; each topic has its own name\n"
        "    input: {topic: footprint.changes}\n"
        "                   ^\n"},
    {"version: 1\n"
     "output: {changes: a, members: a}\n",
        "f.yaml:2:31: 'a' is output.changes already; each topic has its own name\n"
        "    output: {changes: a, members: a}\n"
        "                                  ^\n"},
    {"version: 1\n"
     "output: {create_topics: yes}\n",
        "f.yaml:2:25: 'yes' is no truth; write true or false, without quotes\n"
        "    output: {create_topics: yes}\n"
        "                            ^\n"},
    {"version: 1\n"
     "output: {create_topics: \"true\"}\n",
        "f.yaml:2:26: 'true' is no truth; write true or false, without quotes\n"
        "    output: {create_topics: \"true\"}\n"
        "                             ^\n"},
    {"version: 1\n"
     "output: {create_topics: 1}\n",
        "f.yaml:2:25: '1' is no truth; write true or false, without quotes\n"
        "    output: {create_topics: 1}\n"
        "                            ^\n"},
    {"version: 1\n"
     "input: {start_at: erliest}\n",
        "f.yaml:2:19: 'erliest' is not known here; did you mean 'earliest'? allowed: earliest, "
        "latest, or a time such as 2026-11-24T00:00:00Z\n"
        "    input: {start_at: erliest}\n"
        "                      ^\n"},
    {"version: 1\n"
     "input: {start_at: 2026-13-01T00:00:00Z}\n",
        "f.yaml:2:19: '2026-13-01T00:00:00Z' is not known here; allowed: earliest, latest, or a "
        "time such as 2026-11-24T00:00:00Z\n"
        "    input: {start_at: 2026-13-01T00:00:00Z}\n"
        "                      ^\n"},
    {"version: 1\n"
     "input: {start_at: 2026-11-24}\n",
        "f.yaml:2:19: '2026-11-24' is not known here; allowed: earliest, latest, or a time such as "
        "2026-11-24T00:00:00Z\n"
        "    input: {start_at: 2026-11-24}\n"
        "                      ^\n"},
    {"version: 1\n"
     "input: {preset: snowplow}\n",
        "f.yaml:2:17: 'snowplow' is not known here; allowed: footprint, segment\n"
        "    input: {preset: snowplow}\n"
        "                    ^\n"},
    {"version: 1\n"
     "input: {lateness: 5}\n",
        "f.yaml:2:19: '5' is not a duration; write it as 500ms, 90s, 1h30m or 7d\n"
        "    input: {lateness: 5}\n"
        "                      ^\n"},
    {"version: 1\n"
     "input: {lateness: -5s}\n",
        "f.yaml:2:19: '-5s' is not a duration; write it as 500ms, 90s, 1h30m or 7d\n"
        "    input: {lateness: -5s}\n"
        "                      ^\n"},
    {"version: 1\n"
     "input: {lateness: 1.5h}\n",
        "f.yaml:2:19: '1.5h' is not a duration; write it as 500ms, 90s, 1h30m or 7d\n"
        "    input: {lateness: 1.5h}\n"
        "                      ^\n"},
    {"version: 1\n"
     "input: {lateness: never}\n",
        "f.yaml:2:19: 'never' is not a duration; write it as 500ms, 90s, 1h30m or 7d\n"
        "    input: {lateness: never}\n"
        "                      ^\n"},
    {"version: 1\n"
     "input: {lateness: [5s]}\n",
        "f.yaml:2:19: a list where one value is needed, such as 5s\n"
        "    input: {lateness: [5s]}\n"
        "                      ^\n"},
    {"version: 1\n"
     "input: {lateness:}\n",
        "f.yaml:2:9: nothing where one value is needed, such as 5s\n"
        "    input: {lateness:}\n"
        "            ^\n"},
    {"version: 1\n"
     "input: {idle_after: 0}\n",
        "f.yaml:2:21: '0' is out of range; write 100ms to 1d, or never\n"
        "    input: {idle_after: 0}\n"
        "                        ^\n"},
    {"version: 1\n"
     "input: {idle_lag: sometimes}\n",
        "f.yaml:2:19: 'sometimes' is not a duration; write it as 500ms, 90s, 1h30m or 7d, or auto\n"
        "    input: {idle_lag: sometimes}\n"
        "                      ^\n"},
    {"version: 1\n"
     "input: {max_ahead: 99999999999999999999d}\n",
        "f.yaml:2:20: '99999999999999999999d' is out of range; write 0 to 365d, or never\n"
        "    input: {max_ahead: 99999999999999999999d}\n"
        "                       ^\n"},
    {"version: 1\n"
     "input: {dedupe: 20m}\n"
     "profiles: {forget_after: 10m}\n",
        "f.yaml:2:17: input.dedupe is 20m and profiles.forget_after is 10m; the first must not be "
        "longer\n"
        "    input: {dedupe: 20m}\n"
        "                    ^\n"},
    {"version: 1\n"
     "profiles: {forget_after: 5m}\n",
        "f.yaml:2:26: input.dedupe is 10m and profiles.forget_after is 5m; the first must not be "
        "longer\n"
        "    profiles: {forget_after: 5m}\n"
        "                             ^\n"},
    {"version: 1\n"
     "input: {time_zone: Europe/Berlim}\n",
        "f.yaml:2:20: 'Europe/Berlim' is no time zone that is known here; a name under "
        "/usr/share/zoneinfo, such as Europe/Berlin, or UTC\n"
        "    input: {time_zone: Europe/Berlim}\n"
        "                       ^\n"},
    {"version: 1\n"
     "input: {time_zone: ../../etc/passwd}\n",
        "f.yaml:2:20: '../../etc/passwd' is no time zone that is known here; a name under "
        "/usr/share/zoneinfo, such as Europe/Berlin, or UTC\n"
        "    input: {time_zone: ../../etc/passwd}\n"
        "                       ^\n"},
    {"version: 1\n"
     "input: {placement: trusted}\n",
        "f.yaml:2:20: 'trusted' is not known here; did you mean 'trust'? allowed: check, trust\n"
        "    input: {placement: trusted}\n"
        "                       ^\n"},
    {"version: 1\n"
     "redis: {url: localhost:6379}\n",
        "f.yaml:2:14: must begin with redis://, rediss:// or unix:, as in "
        "redis://localhost:6379/0\n"
        "    redis: {url: localhost:6379}\n"
        "                 ^\n"},
    {"version: 1\n"
     "redis: {url: 'redis://localhost:6379/x'}\n",
        "f.yaml:2:15: 'x' is not the number of a database\n"
        "    redis: {url: 'redis://localhost:6379/x'}\n"
        "                  ^\n"},
    {"version: 1\n"
     "redis: {url: 'redis://:hunter2@'}\n",
        "f.yaml:2:15: no URL of a Redis; write redis://USER:PASSWORD@HOST:PORT/DB, with %XX for "
        "what is no letter or digit\n"},
    {"version: 1\n"
     "redis: {url: 'unix:tmp/redis.sock'}\n",
        "f.yaml:2:15: the path of a socket must begin with '/', as in "
        "unix:///run/redis/redis.sock\n"
        "    redis: {url: 'unix:tmp/redis.sock'}\n"
        "                  ^\n"},
    {"version: 1\n"
     "redis: {prefix: 'fp{x}:'}\n",
        "f.yaml:2:18: a brace in the prefix would change where Redis Cluster keeps a key; leave it "
        "out\n"
        "    redis: {prefix: 'fp{x}:'}\n"
        "                     ^\n"},
    {"version: 1\n"
     "redis: {password: [hunter2]}\n",
        "f.yaml:2:19: a list where a secret is needed; write {file: PATH} or {credential: NAME}\n"},
    {"version: 1\n"
     "redis:\n"
     "  password:\n"
     "    - hunter2\n",
        "f.yaml:4:5: a list where a secret is needed; write {file: PATH} or {credential: NAME}\n"},
    {"version: 1\n"
     "redis: {password: {file: /nowhere/secret}}\n",
        "f.yaml:2:26: file '/nowhere/secret' can't be read: No such file or directory\n"},
    {"version: 1\n"
     "redis: {password: {credential: redis}}\n",
        "f.yaml:2:32: credential 'redis': no credentials here; systemd gives them "
        "(LoadCredential=redis:PATH)\n"},
    {"version: 1\n"
     "redis: {password: {credential: ../x}}\n",
        "f.yaml:2:32: '../x' is no name of a credential; write the name that LoadCredential= gives "
        "it\n"},
    {"version: 1\n"
     "redis: {username: {fil: x}}\n",
        "f.yaml:2:20: unknown key 'fil' in a text that is given elsewhere; did you mean 'file'? "
        "allowed: file, credential\n"
        "    redis: {username: {fil: x}}\n"
        "                       ^\n"},
    {"version: 1\n"
     "redis: {username: {file: a, credential: b}}\n",
        "f.yaml:2:19: 2 keys; write a text, {file: PATH} or {credential: NAME}\n"
        "    redis: {username: {file: a, credential: b}}\n"
        "                      ^\n"},
    {"version: 1\n"
     "http: {listen: 9464}\n",
        "f.yaml:2:16: '9464' is no address to listen on; write 127.0.0.1:9464, [::1]:9464 or off\n"
        "    http: {listen: 9464}\n"
        "                   ^\n"},
    {"version: 1\n"
     "http: {listen: '127.0.0.1:0'}\n",
        "f.yaml:2:17: '127.0.0.1:0' is no address to listen on; write 127.0.0.1:9464, [::1]:9464 "
        "or off\n"
        "    http: {listen: '127.0.0.1:0'}\n"
        "                    ^\n"},
    {"version: 1\n"
     "socket: {path: run/sock}\n",
        "f.yaml:2:16: 'run/sock' is neither auto nor off nor an absolute path\n"
        "    socket: {path: run/sock}\n"
        "                   ^\n"},
    {"version: 1\n"
     "socket: {operators: nobody-has-this-group}\n",
        "f.yaml:2:21: there is no group 'nobody-has-this-group' on this host\n"
        "    socket: {operators: nobody-has-this-group}\n"
        "                        ^\n"},
    {"version: 1\n"
     "workers: many\n",
        "f.yaml:2:10: 'many' is not a whole number; write it in digits, or auto\n"
        "    workers: many\n"
        "             ^\n"},
    {"version: 1\n"
     "workers: 0\n",
        "f.yaml:2:10: '0' is out of range; write 1 to 256, or auto\n"
        "    workers: 0\n"
        "             ^\n"},
    {"version: 1\n"
     "workers: 1000\n",
        "f.yaml:2:10: '1000' is out of range; write 1 to 256, or auto\n"
        "    workers: 1000\n"
        "             ^\n"},
    {"version: 1\n"
     "workers: 2.5\n",
        "f.yaml:2:10: '2.5' is not a whole number; write it in digits, or auto\n"
        "    workers: 2.5\n"
        "             ^\n"},
    {"version: 1\n"
     "profiles: {memory: 1GB}\n",
        "f.yaml:2:20: '1GB' is not a size; write it as 65536, 64KiB, 512MiB or 1GiB\n"
        "    profiles: {memory: 1GB}\n"
        "                       ^\n"},
    {"version: 1\n"
     "profiles: {memory: 1KiB}\n",
        "f.yaml:2:20: '1KiB' is out of range; write 1MiB to 1TiB\n"
        "    profiles: {memory: 1KiB}\n"
        "                       ^\n"},
    {"version: 1\n"
     "limits: {events_per_window: 100000}\n",
        "f.yaml:2:29: '100000' is out of range; write 2 to 65536\n"
        "    limits: {events_per_window: 100000}\n"
        "                                ^\n"},
    {"version: 1\n"
     "limits: {event_bytes: 1 MiB}\n",
        "f.yaml:2:23: '1 MiB' is not a size; write it as 65536, 64KiB, 512MiB or 1GiB\n"
        "    limits: {event_bytes: 1 MiB}\n"
        "                          ^\n"},
    {"version: 1\n"
     "commit: {min: 200ms}\n",
        "f.yaml:2:15: commit.min is 200ms and commit.max is 100ms; the first must not be longer\n"
        "    commit: {min: 200ms}\n"
        "                  ^\n"},
    {"version: 1\n"
     "commit: {min: 50ms, max: 30ms}\n",
        "f.yaml:2:15: commit.min is 50ms and commit.max is 30ms; the first must not be longer\n"
        "    commit: {min: 50ms, max: 30ms}\n"
        "                  ^\n"},
    {"version: 1\n"
     "log: {level: warning}\n",
        "f.yaml:2:14: 'warning' is not known here; did you mean 'warn'? allowed: debug, info, "
        "warn, error\n"
        "    log: {level: warning}\n"
        "                 ^\n"},
    {"version: 1\n"
     "log: {format: xml}\n",
        "f.yaml:2:15: 'xml' is not known here; allowed: auto, logfmt, json\n"
        "    log: {format: xml}\n"
        "                  ^\n"},
    {"version: 1\n"
     "kafka: {properties: {isolation.level: read_uncommitted}}\n",
        "f.yaml:2:22: property 'isolation.level' is set by footprint, since exactly-once rests on "
        "it; leave it out\n"
        "    kafka: {properties: {isolation.level: read_uncommitted}}\n"
        "                         ^\n"},
    {"version: 1\n"
     "kafka:\n"
     "  properties:\n"
     "    group.id: x\n"
     "    transactional.id: y\n"
     "    enable.partition.eof: false\n",
        "f.yaml:4:5: property 'group.id' is set by footprint; set kafka.group instead\n"
        "    group.id: x\n"
        "    ^\n"
        "f.yaml:5:5: property 'transactional.id' is set by footprint; set instance instead\n"
        "    transactional.id: y\n"
        "    ^\n"
        "f.yaml:6:5: property 'enable.partition.eof' is set by footprint, since exactly-once rests "
        "on it; leave it out\n"
        "    enable.partition.eof: false\n"
        "    ^\n"},
    {"version: 1\n"
     "kafka: {properties: [a]}\n",
        "f.yaml:2:21: a list where a map is needed, such as {security.protocol: ssl}\n"
        "    kafka: {properties: [a]}\n"
        "                        ^\n"},
    {"version: 1\n"
     "kafka: {properties: {linger.ms: [5]}}\n",
        "f.yaml:2:33: a list where a text is needed\n"
        "    kafka: {properties: {linger.ms: [5]}}\n"
        "                                    ^\n"},
    {"version: 1\n"
     "kafka: {properties: {linger.ms:}}\n",
        "f.yaml:2:22: nothing where a text is needed\n"
        "    kafka: {properties: {linger.ms:}}\n"
        "                         ^\n"},
    {"version: 1\n"
     "input:\n"
     "  mapping:\n"
     "    user: user\n",
        "f.yaml:4:11: 'user' is no JSON pointer; write '/' before each name, as in "
        "/product/category, '~1' for a '/' in a name and '~0' for a '~'\n"
        "    user: user\n"
        "          ^\n"},
    {"version: 1\n"
     "input:\n"
     "  mapping:\n"
     "    user: ''\n",
        "f.yaml:4:11: '' is the whole payload; name a part of it, such as /user\n"
        "    user: ''\n"
        "          ^\n"},
    {"version: 1\n"
     "input:\n"
     "  mapping:\n"
     "    user: []\n",
        "f.yaml:4:11: an empty list; every event needs a user\n"
        "    user: []\n"
        "          ^\n"},
    {"version: 1\n"
     "input:\n"
     "  mapping:\n"
     "    user: [/a, b]\n",
        "f.yaml:4:16: 'b' is no JSON pointer; write '/' before each name, as in /product/category, "
        "'~1' for a '/' in a name and '~0' for a '~'\n"
        "    user: [/a, b]\n"
        "               ^\n"},
    {"version: 1\n"
     "input:\n"
     "  mapping:\n"
     "    user: /a~2\n",
        "f.yaml:4:11: '/a~2' is no JSON pointer; write '/' before each name, as in "
        "/product/category, '~1' for a '/' in a name and '~0' for a '~'\n"
        "    user: /a~2\n"
        "          ^\n"},
    {"version: 1\n"
     "input:\n"
     "  mapping:\n"
     "    usr: /a\n",
        "f.yaml:4:5: unknown key 'usr' in input.mapping; did you mean 'user'? allowed: user, type, "
        "time, id, time_unit, fields, fields_from\n"
        "    usr: /a\n"
        "    ^\n"},
    {"version: 1\n"
     "input:\n"
     "  mapping:\n"
     "    type: {a: b}\n",
        "f.yaml:4:11: a map where a JSON pointer is needed, such as /user\n"
        "    type: {a: b}\n"
        "          ^\n"},
    {"version: 1\n"
     "input:\n"
     "  mapping:\n"
     "    time: [/1, /2, /3, /4, /5, /6, /7, /8, /9]\n",
        "f.yaml:4:11: 9 pointers; 8 at most\n"
        "    time: [/1, /2, /3, /4, /5, /6, /7, /8, /9]\n"
        "          ^\n"},
    {"version: 1\n"
     "input:\n"
     "  mapping:\n"
     "    time_unit: sec\n",
        "f.yaml:4:16: 'sec' is no unit of time; write auto, s, ms, us or ns\n"
        "    time_unit: sec\n"
        "               ^\n"},
    {"version: 1\n"
     "input:\n"
     "  mapping:\n"
     "    time_unit: [s]\n",
        "f.yaml:4:16: a list is no unit of time; write auto, s, ms, us or ns\n"
        "    time_unit: [s]\n"
        "               ^\n"},
    {"version: 1\n"
     "input:\n"
     "  mapping:\n"
     "    fields: {ts: /x}\n",
        "f.yaml:4:14: 'ts' is no field; rules can't name it, so give it another name\n"
        "    fields: {ts: /x}\n"
        "             ^\n"},
    {"version: 1\n"
     "input:\n"
     "  mapping:\n"
     "    fields: {category: product/category}\n",
        "f.yaml:4:24: 'product/category' is no JSON pointer; write '/' before each name, as in "
        "/product/category, '~1' for a '/' in a name and '~0' for a '~'\n"
        "    fields: {category: product/category}\n"
        "                       ^\n"},
    {"version: 1\n"
     "input:\n"
     "  mapping:\n"
     "    fields: [a]\n",
        "f.yaml:4:13: a list where a map is needed, such as {category: /product/category}\n"
        "    fields: [a]\n"
        "            ^\n"},
    {"version: 1\n"
     "input:\n"
     "  mapping:\n"
     "    fields: {category: []}\n",
        "f.yaml:4:24: an empty list; name a JSON pointer for 'category'\n"
        "    fields: {category: []}\n"
        "                       ^\n"},
    {"version: 1\n"
     "input:\n"
     "  mapping: /user\n",
        "f.yaml:3:12: a text where a map is needed, such as {user: /user}\n"
        "    mapping: /user\n"
        "             ^\n"},
    {"version: 1\n"
     "segments: [nowhere.yaml]\n",
        "f.yaml:2:12: file 'nowhere.yaml' can't be read: No such file or directory\n"
        "    segments: [nowhere.yaml]\n"
        "               ^\n"},
    {"version: 1\n"
     "segments: {a: b}\n",
        "f.yaml:2:11: a map where a path is needed; rules stand in files of their own, such as "
        "segments.d/shop.yaml\n"
        "    segments: {a: b}\n"
        "              ^\n"},
    {"version: 1\n"
     "segments: [{name: x, when: 'any(view[1d])'}]\n",
        "f.yaml:2:12: a map where a path is needed; rules stand in files of their own, such as "
        "segments.d/shop.yaml\n"
        "    segments: [{name: x, when: 'any(view[1d])'}]\n"
        "               ^\n"},
    {"version: 1\n"
     "segments: [broken.yaml]\n",
        "broken.yaml:2:1: flow sequence without a closing bracket\n"},
    {"version: 1\n"
     "workers: *x\n",
        "f.yaml:2:10: '*' begins an alias, and there are none here; put a text in quotes\n"
        "    workers: *x\n"
        "             ^\n"},
    {"version: 1\n"
     "workers: 1\n"
     "---\n"
     "workers: 2\n",
        "f.yaml:3:1: a second document; a file has one, without a '---' in the middle\n"
        "    ---\n"
        "    ^\n"},
    {"version: 1\n"
     "input: {topic: \"a\n",
        "f.yaml:2:17: double-quoted scalar without closing quote\n"
        "    input: {topic: \"a\n"
        "                    ^\n"},
    {"version: 1\n"
     "input:\n"
     "\ttopic: a\n",
        "f.yaml:3:1: a tab in the indentation; indent by spaces\n"
        "     topic: a\n"
        "    ^\n"},
    {"version: 1\n"
     "input:\n"
     "  topic: a\n"
     " topics: b\n",
        "f.yaml:4:2: invalid indentation in mapping; indent it as the lines that it belongs to\n"
        "    topics: b\n"
        "    ^\n"},
    {"version: 1\n"
     "input: {topic: a, preset: footprnt, lateness: x}\n"
     "workers: -1\n",
        "f.yaml:2:27: 'footprnt' is not known here; did you mean 'footprint'? allowed: footprint, "
        "segment\n"
        "    input: {topic: a, preset: footprnt, lateness: x}\n"
        "                              ^\n"
        "f.yaml:2:47: 'x' is not a duration; write it as 500ms, 90s, 1h30m or 7d\n"
        "    input: {topic: a, preset: footprnt, lateness: x}\n"
        "                                                  ^\n"
        "f.yaml:3:10: '-1' is out of range; write 1 to 256, or auto\n"
        "    workers: -1\n"
        "             ^\n"},
};

static const struct test_case bad_overrides[] = {
    {"input.topik=x",
        "--set input.topik=x: unknown setting 'input.topik'; did you mean 'input.topic'?\n"},
    {"input=x", "--set input=x: 'input' is a group of settings; name one of them, such as "
                "input.KEY=VALUE\n"},
    {"topic=x", "--set topic=x: unknown setting 'topic'; did you mean 'input.topic'?\n"},
    {"=x", "--set =x: not of the form KEY=VALUE\n"},
    {"workers", "--set workers: not of the form KEY=VALUE\n"},
    {"workers=", "--set workers=: no value; write KEY=VALUE, an empty text as ''\n"},
    {"workers=abc",
        "--set workers=abc: 'abc' is not a whole number; write it in digits, or auto\n"},
    {"input.mapping.usr=/x", "--set input.mapping.usr=/x: unknown setting 'input.mapping.usr'; "
                             "allowed: user, type, time, id, time_unit, fields, fields_from\n"},
    {"input.mapping.user=x",
        "--set input.mapping.user=x: 'x' is no JSON pointer; write '/' before each name, as in "
        "/product/category, '~1' for a '/' in a name and '~0' for a '~'\n"},
    {"input.mapping.fields.a=x",
        "--set input.mapping.fields.a=x: 'x' is no JSON pointer; write '/' before each name, as in "
        "/product/category, '~1' for a '/' in a name and '~0' for a '~'\n"},
    {"kafka.properties.acks=1", "--set kafka.properties.acks=1: property 'acks' is set by "
                                "footprint, since exactly-once rests on it; leave it out\n"},
    {"redis.password=hunter2", "--set redis.password: a secret on a command line is seen by "
                               "everybody; write {file: PATH} or {credential: NAME}\n"},
    {"redis.url=redis://:hunter2@h", "--set redis.url: a secret on a command line is seen by "
                                     "everybody; write {file: PATH} or {credential: NAME}\n"},
    {"kafka.properties.sasl.password=hunter2",
        "--set kafka.properties.sasl.password: a secret on a command line is seen by everybody; "
        "write {file: PATH} or {credential: NAME}\n"},
    {"version=1", "--set version=1: the version is that of a file\n"},
    {"input.lateness=1h x", "--set input.lateness=1h x: '1h x' is not a duration; write it as "
                            "500ms, 90s, 1h30m or 7d\n"},
    {"segments=nowhere.yaml", "--set segments=nowhere.yaml: file 'nowhere.yaml' can't be read: No "
                              "such file or directory\n"},
};

static const char *const good_files[] = {
    "version: 1\n",
    "{\"version\": 1, \"workers\": 4, \"kafka\": {\"brokers\": \"a:1,b:2\"}}\n",
    "version: 1\nkafka:\nredis: ~\n# nothing in them\n",
    "version: 1\ninstance: web-1\nkafka: {brokers: 'ssl://a:9093, [::1]:9092', group: g.1_x-2}\n",
    "version: 1\ninput: {start_at: latest}\n",
    "version: 1\ninput: {start_at: 2026-11-24T00:00:00+02:00}\n",
    "version: 1\ninput: {preset: segment, lateness: 1h30m, dedupe: 0, idle_after: never}\n",
    "version: 1\ninput: {idle_lag: auto, max_ahead: never, placement: trust}\n",
    "version: 1\ninput: {mapping: {user: [/a/0, '/b~1c'], id: [], time_unit: ms, fields_from: ['', "
    "/x]}}\n",
    "version: 1\ninput: {mapping: {fields: {category: /product/category, \"total paid\": [/a, "
    "/b]}}}\n",
    "version: 1\noutput: {changes: c, members: m, rejects: r, metrics: x, create_topics: false}\n",
    "version: 1\nredis: {url: 'rediss://cache.example:6380/2', prefix: 'shop:'}\n",
    "version: 1\nredis: {url: 'unix:///run/redis.sock?db=3', username: app}\n",
    "version: 1\nredis: {username: {file: name.txt}, password: {file: secret.txt}}\n",
    "version: 1\nhttp: {listen: off}\n",
    "version: 1\nhttp: {listen: '[::1]:9464'}\n",
    "version: 1\nsocket: {path: /run/a/b.sock, operators: adm, admins: root}\n",
    "version: 1\nsocket: {path: off}\n",
    "version: 1\nworkers: 8\nprofiles: {memory: 512MiB, forget_after: never}\n",
    "version: 1\nlimits: {events_per_window: 65536, event_bytes: 65536}\n",
    "version: 1\ncommit: {min: 50ms, max: 50ms}\ncheckpoint: {interval: 1s}\nstop: {drain: 0}\n",
    "version: 1\nmetrics: {interval: 1m}\nlog: {format: json, level: debug}\n",
    "version: 1\nkafka: {properties: {security.protocol: ssl, linger.ms: 5, debug: ''}}\n",
    "version: 1\nsegments: [segments.d/a.yaml, segments.d/*.yaml]\n",
    "version: 1\nsegments: segments.d/a.yaml\n",
};

static void
write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(name, 0600), 0);
}

/* Loads f.yaml (file false: nothing) with one override or NULL; the report as text goes to out. */
static struct config *
load(bool file, const char *override, struct buffer *out)
{
    struct config_request request = {
        .file = file ? "f.yaml" : NULL, .overrides = &override, .override_count = override != NULL};
    struct report *report = report_new();
    struct config *config = config_load(&request, report);

    buffer_init(out);
    report_print(report, out);
    buffer_add_char(out, '\0');
    report_free(report);
    return config;
}

static struct config *
load_text(const char *text)
{
    struct buffer out;
    struct config *config;

    write_file("f.yaml", text);
    config = load(true, NULL, &out);
    if (config == NULL || out.length > 1)
        print_message("%s%s", text, out.bytes);
    assert_non_null(config);
    assert_string_equal(out.bytes, "");
    buffer_fini(&out);
    return config;
}

static struct config *
load_override(const char *override)
{
    struct buffer out;
    struct config *config = load(false, override, &out);

    assert_string_equal(out.bytes, "");
    assert_non_null(config);
    buffer_fini(&out);
    return config;
}

static void
expect_warning(const char *text, const char *expected)
{
    struct buffer out;
    struct config *config;

    write_file("f.yaml", text);
    config = load(true, NULL, &out);
    assert_non_null(config);
    assert_string_equal(out.bytes, expected);
    buffer_fini(&out);
    config_free(config);
}

static void
bad_files_are_refused_with_their_places(void **state)
{
    struct buffer out;

    (void)state;
    for (size_t i = 0; i < COUNT(bad_files); i++) {
        write_file("f.yaml", bad_files[i].text);
        assert_null(load(true, NULL, &out));
        assert_string_equal(out.bytes, bad_files[i].expected);
        buffer_fini(&out);
    }
}

static void
bad_overrides_are_refused_by_their_text(void **state)
{
    struct buffer out;

    (void)state;
    for (size_t i = 0; i < COUNT(bad_overrides); i++) {
        assert_null(load(false, bad_overrides[i].text, &out));
        assert_string_equal(out.bytes, bad_overrides[i].expected);
        buffer_fini(&out);
    }
}

static void
good_files_are_taken_in_silence(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good_files); i++)
        config_free(load_text(good_files[i]));
}

static void
a_file_that_is_not_there_is_an_error(void **state)
{
    struct buffer out;

    (void)state;
    unlink("f.yaml");
    assert_null(load(true, NULL, &out));
    assert_string_equal(out.bytes, "f.yaml: can't be opened: No such file or directory\n");
    buffer_fini(&out);
}

static void
defaults_are_those_of_the_table(void **state)
{
    struct config *config = load_text("version: 1\n");
    const struct settings *settings = &config->settings;
    char host[256] = "";

    (void)state;
    gethostname(host, sizeof(host) - 1);
    assert_string_equal(settings->instance, host);
    assert_string_equal(settings->kafka_brokers, "localhost:9092");
    assert_string_equal(settings->input_topic, "interactions");
    assert_int_equal(settings->input_start_at, START_AT_EARLIEST);
    assert_int_equal(settings->input_lateness_ms, 5000);
    assert_int_equal(settings->input_dedupe_ms, 600000);
    assert_int_equal(settings->input_idle_after_ms, 1000);
    assert_int_equal(settings->input_idle_lag_ms, SETTING_AUTO);
    assert_int_equal(settings->input_max_ahead_ms, 60000);
    assert_int_equal(settings->input_placement, PLACEMENT_CHECK);
    assert_true(settings->output_create_topics);
    assert_string_equal(settings->redis_prefix, "fp:");
    assert_string_equal(settings->redis_password, "");
    assert_int_equal(settings->redis_max_behind_ms, 600000);
    assert_int_equal(settings->workers, 0);
    assert_int_equal(settings->profiles_memory_bytes, INT64_C(1) << 30);
    assert_int_equal(settings->profiles_forget_after_ms, INT64_C(400) * 86400 * 1000);
    assert_int_equal(settings->limits_events_per_window, 1024);
    assert_int_equal(settings->limits_event_bytes, 1 << 20);
    assert_int_equal(settings->stop_drain_ms, 10000);
    assert_int_equal(settings->log_level, LOG_LEVEL_INFO);
    assert_string_equal(config->file, "f.yaml");
    assert_int_equal(config->property_count, 0);
    config_free(config);
}

static void
values_are_read_in_their_units(void **state)
{
    struct config *config = load_text(
        "version: 1\ninput: {start_at: 2026-11-24T02:00:00.25+02:00, lateness: 1h30m, idle_after: "
        "never, preset: segment}\nworkers: 3\nprofiles: {memory: 64MiB}\nlog: {level: error}\n");
    const struct settings *settings = &config->settings;

    (void)state;
    assert_int_equal(settings->input_start_at, START_AT_TIME);
    assert_int_equal(settings->input_start_time_ms, INT64_C(1795478400250));
    assert_int_equal(settings->input_lateness_ms, 5400000);
    assert_true(settings->input_idle_after_ms == SETTING_NEVER);
    assert_int_equal(settings->input_preset, PRESET_SEGMENT);
    assert_int_equal(settings->workers, 3);
    assert_int_equal(settings->profiles_memory_bytes, 64 << 20);
    assert_int_equal(settings->log_level, LOG_LEVEL_ERROR);
    config_free(config);
}

static void
expect_pointers(const struct mapping_pointers *pointers, const char *expected)
{
    char joined[256] = "";

    for (uint32_t i = 0; i < pointers->count; i++)
        snprintf(joined + strlen(joined), sizeof(joined) - strlen(joined), "%s'%s'",
            i > 0 ? " " : "", pointers->at[i].bytes);
    assert_string_equal(joined, expected);
}

static void
a_mapping_overrides_its_preset_key_by_key(void **state)
{
    struct config *config = load_text("version: 1\n");
    const struct mapping *mapping = &config->mapping;

    (void)state;
    expect_pointers(&mapping->user, "'/user'");
    expect_pointers(&mapping->time, "'/ts'");
    expect_pointers(&mapping->fields_from, "''");
    config_free(config);
    config = load_text("version: 1\ninput:\n  preset: segment\n  mapping:\n    id: []\n"
                       "    time_unit: us\n    fields: {b: /p/b, a: [/p/a, /q/a]}\n");
    mapping = &config->mapping;
    expect_pointers(&mapping->user, "'/userId' '/anonymousId'");
    expect_pointers(&mapping->type, "'/event' '/type'");
    expect_pointers(&mapping->fields_from, "'/properties' '/traits' '/context/traits'");
    assert_int_equal(mapping->id.count, 0);
    assert_int_equal(mapping->time_unit, TIME_UNIT_US);
    assert_int_equal(mapping->field_count, 2);
    assert_string_equal(mapping->fields[0].name.bytes, "a");
    expect_pointers(&mapping->fields[0].pointers, "'/p/a' '/q/a'");
    expect_pointers(&mapping->fields[1].pointers, "'/p/b'");
    config_free(config);
    config = load_override("input.mapping.fields.total=/order/total");
    assert_string_equal(config->mapping.fields[0].name.bytes, "total");
    config_free(config);
    config = load_override("input.mapping={user: /u}");
    expect_pointers(&config->mapping.user, "'/u'");
    config_free(config);
}

static void
an_override_wins_over_the_file(void **state)
{
    const char *overrides[] = {"workers=5", "kafka.properties.linger.ms=7",
        "input.idle_after=never", "kafka.properties.debug=''"};
    struct config_request request = {.file = "f.yaml", .overrides = overrides, .override_count = 4};
    struct report *report = report_new();
    struct config *config;

    (void)state;
    write_file("f.yaml", "version: 1\nworkers: 2\nkafka: {properties: {linger.ms: 1}}\n");
    config = config_load(&request, report);
    assert_non_null(config);
    assert_int_equal(config->settings.workers, 5);
    assert_true(config->settings.input_idle_after_ms == SETTING_NEVER);
    assert_int_equal(config->property_count, 2);
    assert_string_equal(config->properties[0].name, "linger.ms");
    assert_string_equal(config->properties[0].value, "7");
    assert_string_equal(config->properties[1].value, "");
    config_free(config);
    report_free(report);
}

static void
secrets_come_from_files_and_credentials(void **state)
{
    struct config *config;

    (void)state;
    write_file("secret.txt", "hunter2\n");
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "credentials", 1), 0);
    config = load_text("version: 1\nredis: {password: {file: secret.txt}}\n"
                       "kafka: {properties: {sasl.password: {credential: kafka}}}\n");
    assert_string_equal(config->settings.redis_password, "hunter2");
    assert_string_equal(config->properties[0].value, "correct horse");
    config_free(config);
    unsetenv("CREDENTIALS_DIRECTORY");
    config = load_override("redis.password={file: secret.txt}");
    assert_string_equal(config->settings.redis_password, "hunter2");
    config_free(config);
}

static void
a_secret_that_others_can_read_is_warned_of(void **state)
{
    const char *text = "version: 1\nredis: {password: hunter2}\n";
    struct buffer out;
    struct config *config;

    (void)state;
    config_free(load_text(text));
    assert_int_equal(chmod("f.yaml", 0644), 0);
    config = load(true, NULL, &out);
    assert_non_null(config);
    assert_string_equal(out.bytes,
        "f.yaml:2:19: warning: a secret stands in a file that everybody can read; chmod 600 the "
        "file, or write {file: PATH} here\n");
    config_free(config);
    buffer_fini(&out);
}

static void
what_looks_wrong_but_works_is_a_warning(void **state)
{
    (void)state;
    expect_warning("version: 1\nsegments: [segments.d/*.yaml, other.d/*.yaml]\n",
        "f.yaml:2:31: warning: no file matches 'other.d/*.yaml'\n"
        "    segments: [segments.d/*.yaml, other.d/*.yaml]\n"
        "                                  ^\n");
    expect_warning("version: 1\ninput: {mapping: {fields: {hour: /h}}}\n",
        "f.yaml:2:28: warning: 'hour' comes from the event's time, so this field is never seen\n"
        "    input: {mapping: {fields: {hour: /h}}}\n"
        "                               ^\n");
}

static void
paths_are_relative_to_the_file_that_names_them(void **state)
{
    const char *const segments[] = {"segments.d/a.yaml"};
    struct config_request request = {.file = "sub/f.yaml"};
    struct report *report = report_new();
    struct config *config;

    (void)state;
    assert_int_equal(mkdir("sub", 0700), 0);
    write_file("sub/name.txt", "app");
    write_file("sub/f.yaml", "version: 1\nredis: {username: {file: name.txt}}\n"
                             "segments: [../segments.d/*.yaml]\n");
    config = config_load(&request, report);
    assert_non_null(config);
    assert_string_equal(config->settings.redis_username, "app");
    assert_int_equal(config->plan->segment_count, 2);
    config_free(config);
    request.segment_files = segments;
    request.segment_file_count = 1;
    config = config_load(&request, report);
    assert_non_null(config);
    assert_int_equal(config->plan->segment_count, 1);
    assert_int_equal(report_warning_count(report), 0);
    config_free(config);
    report_free(report);
}

/* What a running process gives to the reading of new files. */
static void
what_waits_for_a_restart_keeps_its_value_and_is_named(void **state)
{
    struct config *running = load_text("version: 1\nkafka: {properties: {linger.ms: 1}}\n"),
                  *config;
    struct config_request request = {.file = "f.yaml", .running = running};
    struct report *report = report_new();

    (void)state;
    write_file("f.yaml", "version: 1\nlog: {level: error}\ninput: {lateness: 9s, time_zone: UTC, "
                         "start_at: 2026-11-24T00:00:00Z, mapping: {user: /u}}\n"
                         "workers: 3\nkafka: {group: g, properties: {linger.ms: 2}}\n");
    config = config_load(&request, report);
    assert_non_null(config);
    assert_string_equal(config->waiting, "kafka.group, kafka.properties, input.start_at, "
                                         "input.mapping, input.lateness, workers");
    assert_int_equal(config->settings.log_level, LOG_LEVEL_ERROR);
    assert_int_equal(config->settings.input_lateness_ms, 5000);
    assert_int_equal(config->settings.input_start_at, START_AT_EARLIEST);
    assert_string_equal(config->settings.kafka_group, "footprint");
    assert_string_equal(config->properties[0].value, "1");
    assert_string_equal(config->state_id, running->state_id);
    config_free(config);
    write_file(
        "f.yaml", "version: 1\nkafka: {properties: {linger.ms: 1}}\nsegments: segments.d/a.yaml\n");
    config = config_load(&request, report);
    assert_non_null(config);
    assert_string_equal(config->waiting, "");
    assert_string_not_equal(config->state_id, running->state_id);
    config_free(config);
    config_free(running);
    report_free(report);
}

static void
the_state_depends_on_what_decides_and_on_nothing_else(void **state)
{
    static const char *const same[] = {"version: 1\ninput: {lateness: 5000ms}\n",
        "version: 1\nworkers: 4\nkafka: {group: other}\nredis: {prefix: 'x:'}\n",
        "version: 1\ninput: {mapping: {user: /user, fields: {}}, time_zone: UTC}\n"};
    static const char *const other[] = {"version: 1\ninput: {lateness: 6s}\n",
        "version: 1\ninput: {dedupe: 1m}\n", "version: 1\ninput: {mapping: {user: /u}}\n",
        "version: 1\ninput: {mapping: {fields: {a: /b}}}\n",
        "version: 1\nlimits: {events_per_window: 512}\n",
        "version: 1\nprofiles: {forget_after: never}\n", "version: 1\ninput: {preset: segment}\n",
        "version: 1\ninput: {placement: trust}\n", "version: 1\nsegments: segments.d/a.yaml\n"};
    struct config *first = load_text("version: 1\n"), *config;

    (void)state;
    assert_int_equal(strlen(first->state_id), 16);
    for (size_t i = 0; i < COUNT(same); i++) {
        config = load_text(same[i]);
        assert_string_equal(config->state_id, first->state_id);
        config_free(config);
    }
    for (size_t i = 0; i < COUNT(other); i++) {
        config = load_text(other[i]);
        assert_string_not_equal(config->state_id, first->state_id);
        config_free(config);
    }
    config_free(first);
}

static char folder[] = "/tmp/test_config_XXXXXX";

static int
enter_folder(void **state)
{
    (void)state;
    unsetenv("CREDENTIALS_DIRECTORY");
    if (mkdtemp(folder) == NULL || chdir(folder) != 0 || mkdir("segments.d", 0700) != 0 ||
        mkdir("credentials", 0700) != 0)
        return -1;
    write_file("segments.d/b.yaml", "segments: [{name: buyer, when: 'any(purchase[1d])'}]\n");
    write_file("segments.d/a.yaml", "segments: [{name: viewer, when: 'any(view[1h])'}]\n");
    write_file("broken.yaml", "segments: [a\n");
    write_file("name.txt", "app\n");
    write_file("secret.txt", "hunter2\n");
    write_file("credentials/kafka", "correct horse");
    return 0;
}

static int
leave_folder(void **state)
{
    static const char *const names[] = {"segments.d/a.yaml", "segments.d/b.yaml", "broken.yaml",
        "name.txt", "secret.txt", "credentials/kafka", "f.yaml", "sub/name.txt", "sub/f.yaml",
        "segments.d", "credentials", "sub"};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        remove(names[i]);
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_files_are_refused_with_their_places),
        cmocka_unit_test(bad_overrides_are_refused_by_their_text),
        cmocka_unit_test(good_files_are_taken_in_silence),
        cmocka_unit_test(a_file_that_is_not_there_is_an_error),
        cmocka_unit_test(defaults_are_those_of_the_table),
        cmocka_unit_test(values_are_read_in_their_units),
        cmocka_unit_test(a_mapping_overrides_its_preset_key_by_key),
        cmocka_unit_test(an_override_wins_over_the_file),
        cmocka_unit_test(secrets_come_from_files_and_credentials),
        cmocka_unit_test(a_secret_that_others_can_read_is_warned_of),
        cmocka_unit_test(what_looks_wrong_but_works_is_a_warning),
        cmocka_unit_test(paths_are_relative_to_the_file_that_names_them),
        cmocka_unit_test(what_waits_for_a_restart_keeps_its_value_and_is_named),
        cmocka_unit_test(the_state_depends_on_what_decides_and_on_nothing_else),
    };

    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}

/* The Lua texts. Sets are gathered into MSETs: a quarter faster; 1000 is safe for unpack. */
#include "pipeline/redis/script.h"

#include <stdio.h>
#include <string.h>

#include "config/base/check.h"
#include "config/base/drill.h"

static const char *const script_texts[SCRIPT_COUNT] = {
    [SCRIPT_ACQUIRE] = "local before = redis.call('HGETALL', KEYS[1])\n"
                       "redis.call('HSET', KEYS[1], 'own', ARGV[1])\n"
                       "return {before, redis.call('SMEMBERS', KEYS[2])}\n",

    [SCRIPT_FLUSH] = "local call = redis.call\n"
                     "local is = call('HMGET', KEYS[1], 'own', 'fs')\n"
                     "if is[1] ~= ARGV[1] or (is[2] or '0') ~= ARGV[2] then return 0 end\n"
                     "call('HSET', KEYS[1], 'fs', ARGV[3])\n"
                     "local k, a, last = 3, 4, #ARGV\n"
                     "local sets, n = {}, 0\n"
                     "local function set()\n"
                     "  if n > 0 then call('MSET', unpack(sets, 1, n)) end\n"
                     "  n = 0\n"
                     "end\n"
                     "while a <= last do\n"
                     "  local step = ARGV[a]\n"
                     "  if step == 'S' then\n"
                     "    n = n + 2\n"
                     "    sets[n - 1], sets[n] = KEYS[k], ARGV[a + 1]\n"
                     "    k, a = k + 1, a + 2\n"
                     "    if n == 1000 then set() end\n"
                     "  elseif step == 'A' then\n"
                     "    call('SADD', KEYS[k], ARGV[a + 2])\n"
                     "    call('SADD', KEYS[2], ARGV[a + 1])\n"
                     "    k, a = k + 1, a + 3\n"
                     "  elseif step == 'D' then\n"
                     "    set()\n"
                     "    call('UNLINK', KEYS[k])\n"
                     "    k, a = k + 1, a + 1\n"
                     "  elseif step == 'R' then\n"
                     "    call('UNLINK', KEYS[k])\n"
                     "    call('SREM', KEYS[2], ARGV[a + 1])\n"
                     "    k, a = k + 1, a + 2\n"
                     "  else\n"
                     "    call('HSET', KEYS[1], ARGV[a + 1], ARGV[a + 2])\n"
                     "    a = a + 3\n"
                     "  end\n"
                     "end\n"
                     "set()\n"
                     "return 1\n",

    [SCRIPT_MEMBERS] = "if redis.call('HGET', KEYS[1], 'own') ~= ARGV[1] then return 0 end\n"
                       "for k = 2, #KEYS do\n"
                       "  if ARGV[k] == '' then\n"
                       "    redis.call('UNLINK', KEYS[k])\n"
                       "  else\n"
                       "    redis.call('SET', KEYS[k], ARGV[k])\n"
                       "  end\n"
                       "end\n"
                       "return 1\n",
};

#ifdef FOOTPRINT_DRILL

/* The same script, which writes although the comparison fails. */
static const char *
script_careless(enum script script)
{
    static const char refuses[] = "then return 0 end", goes_on[] = "then local _ end ";
    static _Thread_local char texts[SCRIPT_COUNT][4096];
    char *text = texts[script], *place;

    CHECK(strlen(script_texts[script]) < sizeof(texts[script]));
    snprintf(text, sizeof(texts[script]), "%s", script_texts[script]);
    place = strstr(text, refuses);
    if (place != NULL)
        memcpy(place, goes_on, sizeof(goes_on) - 1);
    return text;
}

#endif

const char *
script_text(enum script script)
{
    CHECK(script < SCRIPT_COUNT);
#ifdef FOOTPRINT_DRILL
    if (DRILL_WITHOUT(DRILL_CAS))
        return script_careless(script);
#endif
    return script_texts[script];
}

/* The Lua texts. */
#include "pipeline/redis/script.h"

const char *const script_texts[SCRIPT_COUNT] = {
    [SCRIPT_ACQUIRE] = "local before = redis.call('HGETALL', KEYS[1])\n"
                       "redis.call('HSET', KEYS[1], 'own', ARGV[1])\n"
                       "return {before, redis.call('SMEMBERS', KEYS[2])}\n",

    [SCRIPT_FLUSH] = "local call = redis.call\n"
                     "local is = call('HMGET', KEYS[1], 'own', 'fs')\n"
                     "if is[1] ~= ARGV[1] or (is[2] or '0') ~= ARGV[2] then return 0 end\n"
                     "call('HSET', KEYS[1], 'fs', ARGV[3])\n"
                     "local k, a, last = 3, 4, #ARGV\n"
                     "while a <= last do\n"
                     "  local step = ARGV[a]\n"
                     "  if step == 'S' then\n"
                     "    call('SET', KEYS[k], ARGV[a + 1])\n"
                     "    k, a = k + 1, a + 2\n"
                     "  elseif step == 'A' then\n"
                     "    call('SADD', KEYS[k], ARGV[a + 2])\n"
                     "    call('SADD', KEYS[2], ARGV[a + 1])\n"
                     "    k, a = k + 1, a + 3\n"
                     "  elseif step == 'D' then\n"
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

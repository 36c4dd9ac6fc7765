#ifndef FOOTPRINT_REDIS_SCRIPT_H
#define FOOTPRINT_REDIS_SCRIPT_H

/*
 * What runs inside Redis: every write compares the owner before it changes anything.
 *
 *   acquire  KEYS ck t           ARGV token
 *            -> [[field value ...] as before, [bucket number ...]]
 *   flush    KEYS ck t key...    ARGV token fs fs+1 step...
 *            -> 1, or 0: own or fs differ
 *            steps   S value     set the next key          D         delete the next key
 *                    A n user    add to the next key and n to t
 *                    R n         delete the next key and remove n from t
 *                    F name value  a field of ck
 *   members  KEYS ck key...      ARGV token value...   ("" deletes)
 *            -> 1, or 0: own differs
 *
 * The first write of flush moves fs: should a later one fail, the chain shows it.
 */

enum script {
    SCRIPT_ACQUIRE,
    SCRIPT_FLUSH,
    SCRIPT_MEMBERS,
    SCRIPT_COUNT
};

/* The digest by which Redis knows a script, without a zero byte. */
#define SCRIPT_DIGEST_BYTES 40

const char *script_text(enum script script);

#endif

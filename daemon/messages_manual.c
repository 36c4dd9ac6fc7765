/* Prints footprint-messages(7): how a line is made up, then each row of the table. */
#include "daemon/messages_manual.h"

#include "config/settings/manual.h"

static const char manual_head[] =
    ".\\\" Printed from daemon/messages.def; a test compares the two.\n"
    ".Dd November 24, 2026\n"
    ".Dt FOOTPRINT-MESSAGES 7\n"
    ".Os\n"
    ".Sh NAME\n"
    ".Nm footprint-messages\n"
    ".Nd the messages of footprintd\n"
    ".Sh DESCRIPTION\n"
    ".Xr footprintd 8\n"
    "writes a line for each change of state, on standard error or to the journal:\n"
    ".Bd -literal -offset indent\n"
    "ts=2026-11-24T01:02:03.456Z level=warn id=redis-down worker=0 text=\"refused\"\n"
    ".Ed\n"
    ".Pp\n"
    "The id is stable: scripts may look for it.\n"
    "The text is for people and may change.\n"
    "Lines that are about one of them also name the worker and the partition.\n"
    "A line that repeats the last one of its id is counted, and told with the next.\n"
    "No line has a payload, a user or a secret in it.\n"
    "How it is written and from which level on:\n"
    ".Ic log.format ,\n"
    ".Ic log.level\n"
    "in\n"
    ".Xr footprint.yaml 5 ;\n"
    ".Ql footprintctl loglevel\n"
    "changes the level while it runs.\n"
    ".Pp\n"
    "Before the log begins,\n"
    "what is wrong with settings and rules is printed with its place in the file, as\n"
    ".Ql footprintctl check\n"
    "does.\n"
    ".Sh MESSAGES\n"
    ".Bl -tag -width Ds\n";

static const char manual_tail[] = ".El\n"
                                  ".Sh SEE ALSO\n"
                                  ".Xr footprintctl 1 ,\n"
                                  ".Xr footprint.yaml 5 ,\n"
                                  ".Xr footprint-metrics 7 ,\n"
                                  ".Xr footprintd 8\n";

static void
manual_row(struct buffer *out, const char *id, const char *level, const char *texts[2])
{
    buffer_printf(out, ".It Ic %s Pq %s\n", id, level);
    manual_sentences(out, texts[0]);
    if (texts[1][0] == '\0')
        return;
    buffer_add_literal(out, ".br\n.Em To do :\n");
    manual_sentences(out, texts[1]);
}

void
messages_manual_print(struct buffer *out)
{
    buffer_add_literal(out, manual_head);
#define MESSAGE(id, level, meaning, action)                                                        \
    manual_row(out, id, level, (const char *[2]){meaning, action});
#include "daemon/messages.def"
    buffer_add_literal(out, manual_tail);
}

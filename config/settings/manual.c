/* Prints footprint.yaml(5): what holds for the whole file, then each row of the table. */
#include "config/settings/manual.h"

#include "config/base/check.h"
#include "config/base/text.h"
#include "config/settings/table.h"

#define MANUAL_LINE_BYTES_MAX 78

static const char manual_head[] =
    ".\\\" Printed from config/settings/settings.def; a test compares the two.\n"
    ".Dd November 24, 2026\n"
    ".Dt FOOTPRINT.YAML 5\n"
    ".Os\n"
    ".Sh NAME\n"
    ".Nm footprint.yaml\n"
    ".Nd settings of footprintd\n"
    ".Sh SYNOPSIS\n"
    ".Pa /etc/footprint/footprint.yaml\n"
    ".Sh DESCRIPTION\n"
    "The file is YAML, and so may be JSON: one map, in UTF-8, without anchors,\n"
    "aliases and tags.\n"
    "A key that is not known, a key given twice, a wrong type and a value out of\n"
    "range are errors;\n"
    "all of them are reported, each as\n"
    ".D1 Ar FILE : Ns Ar LINE : Ns Ar COLUMN : what is wrong; what would be right\n"
    "with the line and a caret below.\n"
    ".Nm footprintd Fl -check\n"
    "finds what a start would find, save what only a server can say.\n"
    ".Bl -tag -width Ds\n"
    ".It Truths\n"
    ".Ql true\n"
    "and\n"
    ".Ql false ,\n"
    "nothing else;\n"
    ".Ql no\n"
    "and\n"
    ".Ql off\n"
    "are texts.\n"
    ".It Durations\n"
    "Whole numbers with the units ms, s, m, h, d and w:\n"
    ".Ql 500ms ,\n"
    ".Ql 90s ,\n"
    ".Ql 1h30m ,\n"
    ".Ql 0 .\n"
    ".It Sizes\n"
    "Bytes, or whole numbers of KiB, MiB, GiB and TiB.\n"
    ".It Texts\n"
    "As they stand, or\n"
    ".Ql {file: PATH}\n"
    "or\n"
    ".Ql {credential: NAME}\n"
    "(systemd), read at the start with a newline at the end removed.\n"
    ".It Paths\n"
    "Relative ones are relative to the file that names them.\n"
    ".It Secrets\n"
    "They are never shown and never taken from a command line.\n"
    "One that stands in the file itself is warned of where the group or others can\n"
    "read the file.\n"
    ".El\n"
    ".Pp\n"
    "A setting is overridden on the command line by\n"
    ".Fl -set Ar KEY Ns = Ns Ar VALUE ,\n"
    "with the value in YAML:\n"
    ".Fl -set Ar input.lateness Ns = Ns Ar 2s .\n"
    "The settings that are marked as deciding are part of what a stored state\n"
    "depends on:\n"
    "a daemon with other ones does not go on from that state.\n";

static const char manual_tail[] = ".Sh FILES\n"
                                  ".Bl -tag -width Ds\n"
                                  ".It Pa /etc/footprint/footprint.yaml\n"
                                  "The settings; the shipped one names all of them.\n"
                                  ".It Pa /etc/footprint/segments.d/*.yaml\n"
                                  "The rules.\n"
                                  ".El\n"
                                  ".Sh SEE ALSO\n"
                                  ".Xr footprintctl 1\n";

static const char manual_mapping[] =
    "The keys are\n"
    ".Ic user ,\n"
    ".Ic type ,\n"
    ".Ic time ,\n"
    ".Ic id ,\n"
    ".Ic time_unit ,\n"
    ".Ic fields\n"
    "and\n"
    ".Ic fields_from .\n"
    "A pointer is that of RFC 6901, such as\n"
    ".Ql /product/category .\n"
    "Of a list of pointers the first with a text that is not empty or a number wins.\n"
    "An empty list for\n"
    ".Ic id\n"
    "says that events have none.\n"
    ".Ic time_unit\n"
    "is auto, s, ms, us or ns.\n"
    ".Ic fields\n"
    "names single fields; any other field\n"
    ".Ar f\n"
    "is found at\n"
    ".Ic fields_from Ns / Ns Ar f .\n";

static const char *
manual_type(const struct setting_row *row)
{
    switch (row->type) {
    case SETTING_TYPE_TEXT:
        return "text";
    case SETTING_TYPE_SECRET:
        return "secret text";
    case SETTING_TYPE_BOOL:
        return "truth";
    case SETTING_TYPE_ENUM:
        return "word";
    case SETTING_TYPE_INT:
        return "whole number";
    case SETTING_TYPE_DURATION:
        return "duration";
    case SETTING_TYPE_BYTES:
        return "size";
    case SETTING_TYPE_TIME:
    case SETTING_TYPE_TREE:
        break;
    }
    return row == &table[SETTING_ROW_version] ? "number" : "map or list";
}

/* One sentence, in lines that end between words. */
static void
manual_wrap(struct buffer *out, struct text sentence)
{
    while (sentence.length > MANUAL_LINE_BYTES_MAX) {
        const char *end = memrchr(sentence.bytes, ' ', MANUAL_LINE_BYTES_MAX);
        uint32_t length;

        CHECK(end != NULL);
        length = (uint32_t)(end - sentence.bytes);
        buffer_add(out, sentence.bytes, length);
        buffer_add_char(out, '\n');
        sentence.bytes += length + 1;
        sentence.length -= length + 1;
    }
    buffer_add_text(out, sentence);
    buffer_add_char(out, '\n');
}

void
manual_sentences(struct buffer *out, const char *text)
{
    const char *end;

    while ((end = strstr(text, ". ")) != NULL) {
        manual_wrap(out, (struct text){text, (uint32_t)(end - text) + 1});
        text = end + 2;
    }
    manual_wrap(out, text_of(text));
}

static void
manual_row(struct buffer *out, const struct setting_row *row)
{
    buffer_printf(out, ".It Ic %s\n", row->path);
    manual_sentences(out, row->help);
    if (row == &table[SETTING_ROW_input_mapping])
        buffer_add_literal(out, manual_mapping);
    buffer_printf(out, ".br\nA %s", manual_type(row));
    if (row->min != NULL)
        buffer_printf(out, ", %s to %s", row->min, row->max);
    if (row->word != NULL)
        buffer_printf(out, " or %s", row->word);
    if (row->words != NULL)
        buffer_printf(out, " of: %s", row->words);
    if (row->default_text[0] != '\0')
        buffer_printf(out, "; default %s", row->default_text);
    buffer_printf(out, "; applies %s.\n", row->live ? "on a reload" : "after a restart");
    if (row->decides)
        buffer_add_literal(out, "Deciding.\n");
}

void
manual_print(struct buffer *out)
{
    buffer_add_literal(out, manual_head);
    buffer_add_literal(out, ".Sh SETTINGS\n.Bl -tag -width Ds\n");
    for (size_t i = 0; i < SETTING_ROW_COUNT; i++)
        if (table[i].type != SETTING_TYPE_TIME)
            manual_row(out, &table[i]);
    buffer_add_literal(out, ".El\n");
    buffer_add_literal(out, manual_tail);
}

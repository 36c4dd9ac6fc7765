/* Wrong rule files, each with exactly what a person reads about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/language/language.h"
#include "config/yaml/yaml.h"

#define FILE_NAME "rules.yaml"

struct wrong_file {
    const char *name;
    const char *rules;
    const char *expected;
};

static const struct wrong_file wrong_files[] = {
    {"unknown function",
        "segments:\n"
        "  - name: a\n"
        "    when: cuont(view[30m]) >= 3\n",
        "rules.yaml:3:11: unknown function 'cuont'; did you mean 'count'?\n"
        "    when: cuont(view[30m]) >= 3\n"
        "          ^\n"},
    {"unknown function far",
        "segments:\n"
        "  - name: a\n"
        "    when: frequency(view[30m]) >= 3\n",
        "rules.yaml:3:11: unknown function 'frequency'; the functions are count any none sum "
        "avg min max distinct repeats top first last since age decay share seq unanswered "
        "bucket trait member\n"
        "    when: frequency(view[30m]) >= 3\n"
        "          ^\n"},
    {"word alone",
        "segments:\n"
        "  - name: a\n"
        "    when: shoes >= 3\n",
        "rules.yaml:3:11: 'shoes' alone is no value; write count(shoes[30m]) for events, "
        "trait.shoes for a trait, member(shoes) for a segment, \"shoes\" for a string\n"
        "    when: shoes >= 3\n"
        "          ^\n"},
    {"number for condition",
        "segments:\n"
        "  - name: a\n"
        "    when: count(view[30m])\n",
        "rules.yaml:3:11: a number where a condition is needed; compare it, as in count(...) "
        ">= 3\n"
        "    when: count(view[30m])\n"
        "          ^\n"},
    {"value for condition",
        "segments:\n"
        "  - name: a\n"
        "    when: last(view.item[1d])\n",
        "rules.yaml:3:11: a value where a condition is needed; compare it, as in ... == "
        "\"shoes\"\n"
        "    when: last(view.item[1d])\n"
        "          ^\n"},
    {"trait for condition",
        "segments:\n"
        "  - name: a\n"
        "    when: trait.newsletter and any(x[1d])\n",
        "rules.yaml:3:11: a value where a condition is needed; compare it, as in ... == "
        "\"shoes\"\n"
        "    when: trait.newsletter and any(x[1d])\n"
        "          ^\n"},
    {"string for condition",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d]) and \"shoes\"\n",
        "rules.yaml:3:26: a string where a condition is needed\n"
        "    when: any(x[1d]) and \"shoes\"\n"
        "                         ^\n"},
    {"arith for condition",
        "segments:\n"
        "  - name: a\n"
        "    when: count(x[1d]) + 1\n",
        "rules.yaml:3:11: a number where a condition is needed; compare it, as in ... >= 3\n"
        "    when: count(x[1d]) + 1\n"
        "          ^\n"},
    {"condition for number",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d]) + 1 > 2\n",
        "rules.yaml:3:11: a condition where a number is needed\n"
        "    when: any(x[1d]) + 1 > 2\n"
        "          ^\n"},
    {"condition compared",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d]) == 1\n",
        "rules.yaml:3:11: a condition where a number is needed\n"
        "    when: any(x[1d]) == 1\n"
        "          ^\n"},
    {"condition in parens compared",
        "segments:\n"
        "  - name: a\n"
        "    when: (any(x[1d]) or none(y[1d])) > 0\n",
        "rules.yaml:3:12: a condition where a number is needed\n"
        "    when: (any(x[1d]) or none(y[1d])) > 0\n"
        "           ^\n"},
    {"true is no constant",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d]) == true\n",
        "rules.yaml:3:25: there is no constant 'true'; a boolean field is the string "
        "\"true\", and a condition stands by itself\n"
        "    when: any(x[1d]) == true\n"
        "                        ^\n"},
    {"null is no constant",
        "segments:\n"
        "  - name: a\n"
        "    when: trait.plan != null\n",
        "rules.yaml:3:25: there is no constant 'null'; a comparison with nothing is false by "
        "itself\n"
        "    when: trait.plan != null\n"
        "                        ^\n"},
    {"keyword in capitals",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d]) AND any(y[1d])\n",
        "rules.yaml:3:22: keywords are lower case; write 'and'\n"
        "    when: any(x[1d]) AND any(y[1d])\n"
        "                     ^\n"},
    {"not in capitals",
        "segments:\n"
        "  - name: a\n"
        "    when: NOT any(x[1d])\n",
        "rules.yaml:3:11: keywords are lower case; write 'not'\n"
        "    when: NOT any(x[1d])\n"
        "          ^\n"},
    {"double ampersand",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d]) && any(y[1d])\n",
        "rules.yaml:3:22: '&&' means nothing here; write 'and'\n"
        "    when: any(x[1d]) && any(y[1d])\n"
        "                     ^\n"},
    {"double bar",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d]) || any(y[1d])\n",
        "rules.yaml:3:22: '||' means nothing here; write 'or'\n"
        "    when: any(x[1d]) || any(y[1d])\n"
        "                     ^\n"},
    {"exclamation",
        "segments:\n"
        "  - name: a\n"
        "    when: \"!any(x[1d])\"\n",
        "rules.yaml:3:12: '!' means nothing here; write 'not'\n"
        "    when: \"!any(x[1d])\"\n"
        "           ^\n"},
    {"single equals",
        "segments:\n"
        "  - name: a\n"
        "    when: count(x[1d]) = 3\n",
        "rules.yaml:3:24: outside of braces '=' means nothing; did you mean '=='?\n"
        "    when: count(x[1d]) = 3\n"
        "                       ^\n"},
    {"angle brackets",
        "segments:\n"
        "  - name: a\n"
        "    when: count(x[1d]) <> 3\n",
        "rules.yaml:3:24: '<>' means nothing here; write '!='\n"
        "    when: count(x[1d]) <> 3\n"
        "                       ^\n"},
    {"single quotes",
        "segments:\n"
        "  - name: a\n"
        "    when: trait.plan == 'pro'\n",
        "rules.yaml:3:25: ''' means nothing here; strings stand in double quotes\n"
        "    when: trait.plan == 'pro'\n"
        "                        ^\n"},
    {"chained comparison",
        "segments:\n"
        "  - name: a\n"
        "    when: 1 < count(x[1d]) < 3\n",
        "rules.yaml:3:28: comparisons do not go on; join two of them with 'and'\n"
        "    when: 1 < count(x[1d]) < 3\n"
        "                           ^\n"},
    {"not in",
        "segments:\n"
        "  - name: a\n"
        "    when: trait.plan not in (\"a\")\n",
        "rules.yaml:3:22: 'not' stands before a condition: not trait.plan in (\"free\", "
        "\"trial\")\n"
        "    when: trait.plan not in (\"a\")\n"
        "                     ^\n"},
    {"in without list",
        "segments:\n"
        "  - name: a\n"
        "    when: trait.plan in \"a\"\n",
        "rules.yaml:3:25: expected '(' and the constants, as in (\"a\", \"b\"), not '\"a\"'\n"
        "    when: trait.plan in \"a\"\n"
        "                        ^\n"},
    {"in empty list",
        "segments:\n"
        "  - name: a\n"
        "    when: trait.plan in ()\n",
        "rules.yaml:3:26: expected a constant, such as 3 or \"shoes\", not ')'\n"
        "    when: trait.plan in ()\n"
        "                         ^\n"},
    {"in expression",
        "segments:\n"
        "  - name: a\n"
        "    when: trait.plan in (trait.x)\n",
        "rules.yaml:3:26: expected a constant, such as 3 or \"shoes\", not 'trait'\n"
        "    when: trait.plan in (trait.x)\n"
        "                         ^\n"},
    {"in open",
        "segments:\n"
        "  - name: a\n"
        "    when: trait.plan in (\"a\", \"b\"\n",
        "rules.yaml:3:34: the text ends here; expected ',' or ')'\n"
        "    when: trait.plan in (\"a\", \"b\"\n"
        "                                 ^\n"},
    {"open parenthesis",
        "segments:\n"
        "  - name: a\n"
        "    when: (any(x[1d]) or any(y[1d])\n",
        "rules.yaml:3:11: this parenthesis is not closed\n"
        "    when: (any(x[1d]) or any(y[1d])\n"
        "          ^\n"},
    {"extra parenthesis",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d]))\n",
        "rules.yaml:3:21: there is no '(' for this ')'\n"
        "    when: any(x[1d]))\n"
        "                    ^\n"},
    {"open string",
        "segments:\n"
        "  - name: a\n"
        "    when: trait.plan == \"pro\n",
        "rules.yaml:3:25: this string is not closed; it ends with a '\"'\n"
        "    when: trait.plan == \"pro\n"
        "                        ^\n"},
    {"bad escape",
        "segments:\n"
        "  - name: a\n"
        "    when: trait.plan == \"a\\d\"\n",
        "rules.yaml:3:27: wrong escape in a string; the escapes are \\\" \\\\ \\/ \\b \\f "
        "\\n \\r \\t and \\u with four hex digits\n"
        "    when: trait.plan == \"a\\d\"\n"
        "                          ^\n"},
    {"lone surrogate",
        "segments:\n"
        "  - name: a\n"
        "    when: trait.plan == \"\\ud800\"\n",
        "rules.yaml:3:26: wrong escape in a string; the escapes are \\\" \\\\ \\/ \\b \\f "
        "\\n \\r \\t and \\u with four hex digits\n"
        "    when: trait.plan == \"\\ud800\"\n"
        "                         ^\n"},
    {"no window",
        "segments:\n"
        "  - name: a\n"
        "    when: count(view) >= 3\n",
        "rules.yaml:3:21: count needs a window, such as [30m] or [ever]\n"
        "    when: count(view) >= 3\n"
        "                    ^\n"},
    {"window refused",
        "segments:\n"
        "  - name: a\n"
        "    when: since(view[1d]) > 30m\n",
        "rules.yaml:3:22: since takes no window; write since(types{matchers})\n"
        "    when: since(view[1d]) > 30m\n"
        "                     ^\n"},
    {"window zero",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view[0s])\n",
        "rules.yaml:3:20: a window is longer than 0\n"
        "    when: any(view[0s])\n"
        "                   ^\n"},
    {"window without unit",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view[30])\n",
        "rules.yaml:3:20: a window has a unit: 30s is as many seconds\n"
        "    when: any(view[30])\n"
        "                   ^\n"},
    {"window bad unit",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view[30min])\n",
        "rules.yaml:3:22: unknown unit 'min'; did you mean 'm'?\n"
        "    when: any(view[30min])\n"
        "                     ^\n"},
    {"window unknown unit",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view[3q])\n",
        "rules.yaml:3:21: unknown unit 'q'; the units are ms s m h d w\n"
        "    when: any(view[3q])\n"
        "                    ^\n"},
    {"window month",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view[1mo])\n",
        "rules.yaml:3:21: unknown unit 'mo'; the units are ms s m h d w\n"
        "    when: any(view[1mo])\n"
        "                    ^\n"},
    {"window missing last unit",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view[1h30])\n",
        "rules.yaml:3:24: the last number of '1h30' has no unit; the units are ms s m h d w\n"
        "    when: any(view[1h30])\n"
        "                       ^\n"},
    {"window fraction",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view[1.5h])\n",
        "rules.yaml:3:20: a duration is made of whole numbers: 1h30m, not 1.5h\n"
        "    when: any(view[1.5h])\n"
        "                   ^\n"},
    {"window word",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view[always])\n",
        "rules.yaml:3:20: expected a duration such as 30m, or 'ever', not 'always'\n"
        "    when: any(view[always])\n"
        "                   ^\n"},
    {"window open",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view[1d)\n",
        "rules.yaml:3:22: expected ']', not ')'\n"
        "    when: any(view[1d)\n"
        "                     ^\n"},
    {"window before matchers",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view[1d]{a=\"b\"})\n",
        "rules.yaml:3:23: matchers stand before the window: view{category=\"shoes\"}[30m]\n"
        "    when: any(view[1d]{a=\"b\"})\n"
        "                      ^\n"},
    {"half life missing",
        "segments:\n"
        "  - name: a\n"
        "    when: decay(view) >= 3\n",
        "rules.yaml:3:21: decay needs a half-life, such as [7d]\n"
        "    when: decay(view) >= 3\n"
        "                    ^\n"},
    {"half life ever",
        "segments:\n"
        "  - name: a\n"
        "    when: decay(view[ever]) >= 3\n",
        "rules.yaml:3:22: a half-life is a duration, such as [7d]\n"
        "    when: decay(view[ever]) >= 3\n"
        "                     ^\n"},
    {"half life zero",
        "segments:\n"
        "  - name: a\n"
        "    when: decay(view[0s]) >= 3\n",
        "rules.yaml:3:22: a half-life is longer than 0\n"
        "    when: decay(view[0s]) >= 3\n"
        "                     ^\n"},
    {"field missing",
        "segments:\n"
        "  - name: a\n"
        "    when: sum(purchase[1d]) >= 3\n",
        "rules.yaml:3:15: sum needs a field: sum(types.field{matchers}[window])\n"
        "    when: sum(purchase[1d]) >= 3\n"
        "              ^\n"},
    {"field refused",
        "segments:\n"
        "  - name: a\n"
        "    when: count(purchase.value[1d]) >= 3\n",
        "rules.yaml:3:26: count takes no field; a type with a point in its name is quoted\n"
        "    when: count(purchase.value[1d]) >= 3\n"
        "                         ^\n"},
    {"field twice",
        "segments:\n"
        "  - name: a\n"
        "    when: last(purchase.item.id[1d]) == 3\n",
        "rules.yaml:3:29: a selector has one field; a name with a point in it is quoted\n"
        "    when: last(purchase.item.id[1d]) == 3\n"
        "                            ^\n"},
    {"field after braces",
        "segments:\n"
        "  - name: a\n"
        "    when: sum(purchase{value>=0}.value[1d]) >= 3\n",
        "rules.yaml:3:33: the field stands before the braces: purchase.value{value>=0}\n"
        "    when: sum(purchase{value>=0}.value[1d]) >= 3\n"
        "                                ^\n"},
    {"field user",
        "segments:\n"
        "  - name: a\n"
        "    when: distinct(view.user[1d]) >= 3\n",
        "rules.yaml:3:25: 'user' is no field of an event; bucket() is what depends on the "
        "user\n"
        "    when: distinct(view.user[1d]) >= 3\n"
        "                        ^\n"},
    {"field id",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view{id=\"3\"}[1d])\n",
        "rules.yaml:3:20: 'id' is no field of an event; repeated events are dropped by it "
        "before the rules see them\n"
        "    when: any(view{id=\"3\"}[1d])\n"
        "                   ^\n"},
    {"field ts",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view{ts>3}[1d])\n",
        "rules.yaml:3:20: 'ts' is no field of an event; windows look at the time; hour and "
        "weekday are fields\n"
        "    when: any(view{ts>3}[1d])\n"
        "                   ^\n"},
    {"field type",
        "segments:\n"
        "  - name: a\n"
        "    when: top(*.type[1d]) == \"view\"\n",
        "rules.yaml:3:17: 'type' is no field of an event; event types stand in front: "
        "view|click\n"
        "    when: top(*.type[1d]) == \"view\"\n"
        "                ^\n"},
    {"trait id",
        "segments:\n"
        "  - name: a\n"
        "    when: trait.id == \"3\"\n",
        "rules.yaml:3:17: 'id' is no field of an event; repeated events are dropped by it "
        "before the rules see them\n"
        "    when: trait.id == \"3\"\n"
        "                ^\n"},
    {"field digit",
        "segments:\n"
        "  - name: a\n"
        "    when: last(purchase.3d[1d]) == 3\n",
        "rules.yaml:3:24: a digit after a point; write 0.5 for a number, and quote the name "
        "of a field\n"
        "    when: last(purchase.3d[1d]) == 3\n"
        "                       ^\n"},
    {"matcher double equals",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view{item==\"a\"}[1d])\n",
        "rules.yaml:3:24: in braces equality is written '='\n"
        "    when: any(view{item==\"a\"}[1d])\n"
        "                       ^\n"},
    {"matcher bare word",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view{item=shoes}[1d])\n",
        "rules.yaml:3:25: a string stands in double quotes: \"shoes\"\n"
        "    when: any(view{item=shoes}[1d])\n"
        "                        ^\n"},
    {"matcher and",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view{a=\"1\" and b=\"2\"}[1d])\n",
        "rules.yaml:3:26: matchers are separated by ',' and all of them must hold\n"
        "    when: any(view{a=\"1\" and b=\"2\"}[1d])\n"
        "                         ^\n"},
    {"matcher less text",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view{price<\"3\"}[1d])\n",
        "rules.yaml:3:26: < <= > >= compare numbers; a number stands without quotes\n"
        "    when: any(view{price<\"3\"}[1d])\n"
        "                         ^\n"},
    {"matcher regex number",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view{item=~3}[1d])\n",
        "rules.yaml:3:26: =~ and !~ take a regular expression in double quotes\n"
        "    when: any(view{item=~3}[1d])\n"
        "                         ^\n"},
    {"matcher open",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view{item=\"a\"[1d])\n",
        "rules.yaml:3:28: expected ',' or '}', not '['\n"
        "    when: any(view{item=\"a\"[1d])\n"
        "                           ^\n"},
    {"matcher no operator",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view{item}[1d])\n",
        "rules.yaml:3:24: expected one of = != =~ !~ < <= > >=, not '}'\n"
        "    when: any(view{item}[1d])\n"
        "                       ^\n"},
    {"matcher trailing comma",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view{item=\"a\",}[1d])\n",
        "rules.yaml:3:29: expected the name of a field, not '}'\n"
        "    when: any(view{item=\"a\",}[1d])\n"
        "                            ^\n"},
    {"regex bad",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view{item=~\"sku-(\"}[1d])\n",
        "rules.yaml:3:32: this is no regular expression: missing closing parenthesis\n"
        "    when: any(view{item=~\"sku-(\"}[1d])\n"
        "                               ^\n"},
    {"regex bad after escape",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view{item=~\"\\\\d+[a\"}[1d])\n",
        "rules.yaml:3:33: this is no regular expression: missing terminating ] for character "
        "class\n"
        "    when: any(view{item=~\"\\\\d+[a\"}[1d])\n"
        "                                ^\n"},
    {"regex outside",
        "segments:\n"
        "  - name: a\n"
        "    when: trait.plan =~ \"pro.*\"\n",
        "rules.yaml:3:22: regular expressions stand in braces: "
        "any(view{item=~\"sku-.*\"}[1d])\n"
        "    when: trait.plan =~ \"pro.*\"\n"
        "                     ^\n"},
    {"star and type",
        "segments:\n"
        "  - name: a\n"
        "    when: any(*|view[1d])\n",
        "rules.yaml:3:16: '*' is all types already\n"
        "    when: any(*|view[1d])\n"
        "               ^\n"},
    {"type and star",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view|*[1d])\n",
        "rules.yaml:3:20: '*' is all types already\n"
        "    when: any(view|*[1d])\n"
        "                   ^\n"},
    {"type unquoted space",
        "segments:\n"
        "  - name: a\n"
        "    when: any(Order Completed[1d])\n",
        "rules.yaml:3:21: expected ')', not 'Completed'; a name of several words is quoted: "
        "\"Order Completed\"\n"
        "    when: any(Order Completed[1d])\n"
        "                    ^\n"},
    {"two selectors",
        "segments:\n"
        "  - name: a\n"
        "    when: count(view, click[1d]) >= 3\n",
        "rules.yaml:3:21: this function takes one selector; several types are joined by '|'\n"
        "    when: count(view, click[1d]) >= 3\n"
        "                    ^\n"},
    {"empty type",
        "segments:\n"
        "  - name: a\n"
        "    when: any(\"\"[1d])\n",
        "rules.yaml:3:15: a name is not empty\n"
        "    when: any(\"\"[1d])\n"
        "              ^\n"},
    {"since arith",
        "segments:\n"
        "  - name: a\n"
        "    when: since(view) + 1 > 3\n",
        "rules.yaml:3:11: since can only be compared with a constant, or be the whole of an "
        "attach value\n"
        "    when: since(view) + 1 > 3\n"
        "          ^\n"},
    {"since since",
        "segments:\n"
        "  - name: a\n"
        "    when: since(view) > since(click)\n",
        "rules.yaml:3:11: since can only be compared with a constant\n"
        "    when: since(view) > since(click)\n"
        "          ^\n"
        "rules.yaml:3:25: since can only be compared with a constant\n"
        "    when: since(view) > since(click)\n"
        "                        ^\n"},
    {"decay greater",
        "segments:\n"
        "  - name: a\n"
        "    when: decay(view[1d]) > 3\n",
        "rules.yaml:3:27: a score is compared by >= or < only, with the constant on its "
        "right\n"
        "    when: decay(view[1d]) > 3\n"
        "                          ^\n"},
    {"decay on right",
        "segments:\n"
        "  - name: a\n"
        "    when: 3 < decay(view[1d])\n",
        "rules.yaml:3:13: a score is compared by >= or < only, with the constant on its "
        "right\n"
        "    when: 3 < decay(view[1d])\n"
        "            ^\n"},
    {"decay in",
        "segments:\n"
        "  - name: a\n"
        "    when: decay(view[1d]) in (3)\n",
        "rules.yaml:3:27: a score is compared by >= or < only, with the constant on its "
        "right\n"
        "    when: decay(view[1d]) in (3)\n"
        "                          ^\n"},
    {"share window inside",
        "segments:\n"
        "  - name: a\n"
        "    when: share(view[1d], {a=\"b\"}) > 0.5\n",
        "rules.yaml:3:22: the window of share stands at its end: share(view, "
        "{category=\"shoes\"} [7d])\n"
        "    when: share(view[1d], {a=\"b\"}) > 0.5\n"
        "                     ^\n"},
    {"share no window",
        "segments:\n"
        "  - name: a\n"
        "    when: share(view, {a=\"b\"}) > 0.5\n",
        "rules.yaml:3:30: share needs a window, such as [30m] or [ever]\n"
        "    when: share(view, {a=\"b\"}) > 0.5\n"
        "                             ^\n"},
    {"share no braces",
        "segments:\n"
        "  - name: a\n"
        "    when: share(view, click[1d]) > 0.5\n",
        "rules.yaml:3:23: expected matchers in braces: {category=\"shoes\"}, not 'click'\n"
        "    when: share(view, click[1d]) > 0.5\n"
        "                      ^\n"},
    {"seq one step",
        "segments:\n"
        "  - name: a\n"
        "    when: seq(view within 1h)[1d]\n",
        "rules.yaml:3:20: a seq has two steps or more: seq(view, purchase within 1h)[7d]\n"
        "    when: seq(view within 1h)[1d]\n"
        "                   ^\n"},
    {"seq no within",
        "segments:\n"
        "  - name: a\n"
        "    when: seq(view, click)[1d]\n",
        "rules.yaml:3:26: expected ',' and a step, or 'within' and a duration, not ')'\n"
        "    when: seq(view, click)[1d]\n"
        "                         ^\n"},
    {"seq window inside",
        "segments:\n"
        "  - name: a\n"
        "    when: seq(view[1d], click within 1h)[1d]\n",
        "rules.yaml:3:20: the events of seq have no window of their own; write seq(a, b, ... "
        "within duration by field)[window]\n"
        "    when: seq(view[1d], click within 1h)[1d]\n"
        "                   ^\n"},
    {"seq no window",
        "segments:\n"
        "  - name: a\n"
        "    when: seq(view, click within 1h)\n",
        "rules.yaml:3:37: seq needs a window, such as [30m] or [ever]\n"
        "    when: seq(view, click within 1h)\n"
        "                                    ^\n"},
    {"seq field",
        "segments:\n"
        "  - name: a\n"
        "    when: seq(view.item, click within 1h)[1d]\n",
        "rules.yaml:3:20: seq takes no field; a type with a point in its name is quoted\n"
        "    when: seq(view.item, click within 1h)[1d]\n"
        "                   ^\n"},
    {"unanswered never",
        "segments:\n"
        "  - name: a\n"
        "    when: unanswered(add, buy, 1d)[1d]\n",
        "rules.yaml:3:36: this never holds: the window must be longer than the duration, so "
        "that an event is still in it when its time for an answer is over\n"
        "    when: unanswered(add, buy, 1d)[1d]\n"
        "                                   ^\n"},
    {"unanswered within",
        "segments:\n"
        "  - name: a\n"
        "    when: unanswered(add, buy within 1d)[2d]\n",
        "rules.yaml:3:31: the duration of unanswered stands after a ',': unanswered(a, b, "
        "30m)[1d]\n"
        "    when: unanswered(add, buy within 1d)[2d]\n"
        "                              ^\n"},
    {"unanswered no duration",
        "segments:\n"
        "  - name: a\n"
        "    when: unanswered(add, buy)[2d]\n",
        "rules.yaml:3:30: expected ',' and a duration, not ')'\n"
        "    when: unanswered(add, buy)[2d]\n"
        "                             ^\n"},
    {"bucket word",
        "segments:\n"
        "  - name: a\n"
        "    when: bucket(vip) < 10\n",
        "rules.yaml:3:18: expected a text in double quotes: bucket(\"vip\"), not 'vip'\n"
        "    when: bucket(vip) < 10\n"
        "                 ^\n"},
    {"bucket no argument",
        "segments:\n"
        "  - name: a\n"
        "    when: bucket() < 10\n",
        "rules.yaml:3:18: expected a text in double quotes: bucket(\"vip\"), not ')'\n"
        "    when: bucket() < 10\n"
        "                 ^\n"},
    {"function without parentheses",
        "segments:\n"
        "  - name: a\n"
        "    when: count >= 3\n",
        "rules.yaml:3:17: 'count' is a function; write count(types{matchers}[window])\n"
        "    when: count >= 3\n"
        "                ^\n"},
    {"trait without name",
        "segments:\n"
        "  - name: a\n"
        "    when: trait(plan) == \"a\"\n",
        "rules.yaml:3:16: expected '.' and the name of a trait: trait.plan, not '('\n"
        "    when: trait(plan) == \"a\"\n"
        "               ^\n"},
    {"member unknown",
        "segments:\n"
        "  - name: shoe_shopper\n"
        "    when: any(x[1d])\n"
        "  - name: b\n"
        "    when: member(shoe_shoper)\n",
        "rules.yaml:5:18: unknown segment 'shoe_shoper'; did you mean 'shoe_shopper'?\n"
        "    when: member(shoe_shoper)\n"
        "                 ^\n"},
    {"member unknown far",
        "segments:\n"
        "  - name: a\n"
        "    when: member(zebra)\n",
        "rules.yaml:3:18: unknown segment 'zebra'\n"
        "    when: member(zebra)\n"
        "                 ^\n"},
    {"member quoted",
        "segments:\n"
        "  - name: a\n"
        "    when: member(\"b\")\n",
        "rules.yaml:3:18: the name of a segment stands without quotes: member(b)\n"
        "    when: member(\"b\")\n"
        "                 ^\n"},
    {"member itself",
        "segments:\n"
        "  - name: a\n"
        "    when: member(a)\n",
        "rules.yaml:3:18: member() goes in a circle: a -> a; a segment can't depend on "
        "itself\n"
        "    when: member(a)\n"
        "                 ^\n"},
    {"member circle",
        "segments:\n"
        "  - name: a\n"
        "    when: member(b)\n"
        "  - name: b\n"
        "    when: any(x[1d]) or member(c)\n"
        "  - name: c\n"
        "    when: member(a)\n"
        "  - name: d\n"
        "    when: member(a)\n",
        "rules.yaml:3:18: member() goes in a circle: a -> b -> c -> a; a segment can't "
        "depend on itself\n"
        "    when: member(b)\n"
        "                 ^\n"},
    {"number too large",
        "segments:\n"
        "  - name: a\n"
        "    when: count(x[1d]) < 1e13\n",
        "rules.yaml:3:26: a number lies between -9.2e12 and 9.2e12\n"
        "    when: count(x[1d]) < 1e13\n"
        "                         ^\n"},
    {"number point",
        "segments:\n"
        "  - name: a\n"
        "    when: count(x[1d]) > 1.\n",
        "rules.yaml:3:27: a digit follows the point: 0.5\n"
        "    when: count(x[1d]) > 1.\n"
        "                          ^\n"},
    {"number leading point",
        "segments:\n"
        "  - name: a\n"
        "    when: count(x[1d]) > .5\n",
        "rules.yaml:3:26: a digit after a point; write 0.5 for a number, and quote the name "
        "of a field\n"
        "    when: count(x[1d]) > .5\n"
        "                         ^\n"},
    {"duration too long",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[999999999999999w])\n",
        "rules.yaml:3:17: a duration is at most 9200000000000s\n"
        "    when: any(x[999999999999999w])\n"
        "                ^\n"},
    {"count past limit",
        "segments:\n"
        "  - name: a\n"
        "    when: count(x[1d]) >= 5000\n",
        "rules.yaml:3:11: this needs the 5000 newest events of a user, but "
        "limits.events_per_window is 1024; raise it, or lower the number\n"
        "    when: count(x[1d]) >= 5000\n"
        "          ^\n"},
    {"count equal past limit",
        "segments:\n"
        "  - name: a\n"
        "    when: count(x[1d]) == 1024\n",
        "rules.yaml:3:11: this needs the 1025 newest events of a user, but "
        "limits.events_per_window is 1024; raise it, or lower the number\n"
        "    when: count(x[1d]) == 1024\n"
        "          ^\n"},
    {"distinct past limit",
        "segments:\n"
        "  - name: a\n"
        "    when: distinct(x.f[1d]) > 1024\n",
        "rules.yaml:3:11: this needs the 1025 newest different values of a user, but "
        "limits.events_per_window is 1024; raise it, or lower the number\n"
        "    when: distinct(x.f[1d]) > 1024\n"
        "          ^\n"},
    {"count in past limit",
        "segments:\n"
        "  - name: a\n"
        "    when: count(x[1d]) in (3, 2000)\n",
        "rules.yaml:3:11: this needs the 2001 newest events of a user, but "
        "limits.events_per_window is 1024; raise it, or lower the number\n"
        "    when: count(x[1d]) in (3, 2000)\n"
        "          ^\n"},
    {"stranger percent",
        "segments:\n"
        "  - name: a\n"
        "    when: count(x[1d]) % 2 == 0\n",
        "rules.yaml:3:24: '%' means nothing here; there is no remainder or percentage: write "
        "0.1 for 10 %\n"
        "    when: count(x[1d]) % 2 == 0\n"
        "                       ^\n"},
    {"stranger letter",
        "segments:\n"
        "  - name: a\n"
        "    when: any(café[1d])\n",
        "rules.yaml:3:18: 'é' means nothing here; a name with letters beyond a-z stands in "
        "double quotes\n"
        "    when: any(café[1d])\n"
        "                 ^\n"},
    {"star alone",
        "segments:\n"
        "  - name: a\n"
        "    when: '* > 3'\n",
        "rules.yaml:3:12: '*' stands for all events inside a function only: count(*[1h])\n"
        "    when: '* > 3'\n"
        "           ^\n"},
    {"ends early",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d]) and\n",
        "rules.yaml:3:25: the text ends here; expected a value or a condition\n"
        "    when: any(x[1d]) and\n"
        "                        ^\n"},
    {"empty expression",
        "segments:\n"
        "  - name: a\n"
        "    when: ''\n",
        "rules.yaml:3:11: an expression is missing here, such as count(view[30m]) >= 3\n"
        "    when: ''\n"
        "          ^\n"},
    {"operator first",
        "segments:\n"
        "  - name: a\n"
        "    when: or any(x[1d])\n",
        "rules.yaml:3:11: expected a value or a condition, not 'or'\n"
        "    when: or any(x[1d])\n"
        "          ^\n"},
    {"two conditions",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d]) any(y[1d])\n",
        "rules.yaml:3:22: expected 'and', 'or', an operator or the end, not 'any'\n"
        "    when: any(x[1d]) any(y[1d])\n"
        "                     ^\n"},
    {"too deep",
        "segments:\n"
        "  - name: a\n"
        "    when: ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((any("
        "x[1d])))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))\n",
        "rules.yaml:3:76: this is nested more than 64 levels deep; make a segment of a part "
        "of it and use member()\n"
        "    (((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((any(x[1d]))))))"
        "))))))))))))))))))))))))))))))))))))))))\n"
        "                                                                ^\n"},
    {"attach condition",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d])\n"
        "    attach:\n"
        "      v: any(x[1d])\n",
        "rules.yaml:5:10: a condition where a value is needed; attach takes numbers and "
        "strings\n"
        "    v: any(x[1d])\n"
        "       ^\n"},
    {"attach comparison",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d])\n"
        "    attach:\n"
        "      v: count(x[1d]) > 3\n",
        "rules.yaml:5:10: a condition where a value is needed; attach takes numbers and "
        "strings\n"
        "    v: count(x[1d]) > 3\n"
        "       ^\n"},
    {"attach member",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d])\n"
        "    attach:\n"
        "      v: member(a)\n",
        "rules.yaml:5:10: attach takes no member()\n"
        "    v: member(a)\n"
        "       ^\n"},
    {"attach since arith",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d])\n"
        "    attach:\n"
        "      v: since(x) / 60\n",
        "rules.yaml:5:10: since can only be compared with a constant, or be the whole of an "
        "attach value\n"
        "    v: since(x) / 60\n"
        "       ^\n"},
    {"attach list",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d])\n"
        "    attach: [item]\n",
        "rules.yaml:4:13: 'attach' is a map: a name and an expression on each line below it\n"
        "    attach: [item]\n"
        "            ^\n"},
    {"block scalar second line",
        "segments:\n"
        "  - name: a\n"
        "    when: |\n"
        "      any(x[1d])        # a comment\n"
        "      and cuont(y[1d]) >= 3\n",
        "rules.yaml:5:11: unknown function 'cuont'; did you mean 'count'?\n"
        "    and cuont(y[1d]) >= 3\n"
        "        ^\n"},
    {"several in one condition",
        "segments:\n"
        "  - name: a\n"
        "    when: count(view) >= 3 and sum(buy[1d]) > 2 and any(x.f[1d])\n",
        "rules.yaml:3:21: count needs a window, such as [30m] or [ever]\n"
        "    when: count(view) >= 3 and sum(buy[1d]) > 2 and any(x.f[1d])\n"
        "                    ^\n"
        "rules.yaml:3:36: sum needs a field: sum(types.field{matchers}[window])\n"
        "    when: count(view) >= 3 and sum(buy[1d]) > 2 and any(x.f[1d])\n"
        "                                   ^\n"
        "rules.yaml:3:59: any takes no field; a type with a point in its name is quoted\n"
        "    when: count(view) >= 3 and sum(buy[1d]) > 2 and any(x.f[1d])\n"
        "                                                          ^\n"},
    {"name missing",
        "segments:\n"
        "  - when: any(x[1d])\n",
        "rules.yaml:2:5: this segment has no 'name'\n"
        "    - when: any(x[1d])\n"
        "      ^\n"},
    {"when missing",
        "segments:\n"
        "  - name: a\n",
        "rules.yaml:2:5: this segment has no 'when'; a condition goes there\n"
        "    - name: a\n"
        "      ^\n"},
    {"name bad",
        "segments:\n"
        "  - name: Shoe Shopper\n"
        "    when: any(x[1d])\n",
        "rules.yaml:2:11: 'Shoe Shopper' is no name for a segment; it is made of a-z, 0-9 "
        "and _, starts with a letter and has at most 63 bytes\n"
        "    - name: Shoe Shopper\n"
        "            ^\n"},
    {"name long",
        "segments:\n"
        "  - name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
        "    when: any(x[1d])\n",
        "rules.yaml:2:11: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' "
        "is no name for a segment; it is made of a-z, 0-9 and _, starts with a letter and "
        "has at most 63 bytes\n"
        "    - name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
        "            ^\n"},
    {"name twice",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d])\n"
        "  - name: a\n"
        "    when: any(y[1d])\n",
        "rules.yaml:4:11: segment 'a' is there already, at rules.yaml:2:11; a name is given "
        "once\n"
        "    - name: a\n"
        "            ^\n"},
    {"key unknown",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d])\n"
        "    cooldwn: 3d\n",
        "rules.yaml:4:5: unknown key 'cooldwn'; did you mean 'cooldown'?\n"
        "    cooldwn: 3d\n"
        "    ^\n"},
    {"key unknown far",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d])\n"
        "    owner: me\n",
        "rules.yaml:4:5: unknown key 'owner'; a segment has name, description, when, attach, "
        "for, keep and cooldown\n"
        "    owner: me\n"
        "    ^\n"},
    {"file key unknown",
        "segment:\n"
        "  - name: a\n"
        "    when: any(x[1d])\n",
        "rules.yaml:1:1: unknown key 'segment'; did you mean 'segments'?\n"
        "    segment:\n"
        "    ^\n"},
    {"segments is map",
        "segments:\n"
        "  a: any(x[1d])\n",
        "rules.yaml:2:3: 'segments' is a list; each segment starts with '- name:'\n"
        "    a: any(x[1d])\n"
        "    ^\n"},
    {"segment is text",
        "segments:\n"
        "  - any(x[1d])\n",
        "rules.yaml:2:5: expected a segment: a map with 'name' and 'when'\n"
        "    - any(x[1d])\n"
        "      ^\n"},
    {"root is list",
        "- name: a\n"
        "  when: any(x[1d])\n",
        "rules.yaml:1:1: a rule file starts with 'segments:' and a list below it\n"
        "    - name: a\n"
        "    ^\n"},
    {"for number",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d])\n"
        "    for: 30\n",
        "rules.yaml:4:12: '30' has no unit; the units are ms s m h d w\n"
        "    for: 30\n"
        "           ^\n"},
    {"for word",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d])\n"
        "    for: long\n",
        "rules.yaml:4:10: expected a duration such as 30s, 10m or 1d\n"
        "    for: long\n"
        "         ^\n"},
    {"keep bad unit",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d])\n"
        "    keep: 10min\n",
        "rules.yaml:4:13: unknown unit 'min'; did you mean 'm'?\n"
        "    keep: 10min\n"
        "            ^\n"},
    {"keep negative",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d])\n"
        "    keep: -10m\n",
        "rules.yaml:4:11: expected a duration such as 30s, 10m or 1d\n"
        "    keep: -10m\n"
        "          ^\n"},
    {"cooldown list",
        "segments:\n"
        "  - name: a\n"
        "    when: any(x[1d])\n"
        "    cooldown: [1d]\n",
        "rules.yaml:4:15: expected a duration such as 30s, 10m or 1d\n"
        "    cooldown: [1d]\n"
        "              ^\n"},
    {"when is list",
        "segments:\n"
        "  - name: a\n"
        "    when: [any]\n",
        "rules.yaml:3:11: expected an expression; put it in quotes or after '|' where it "
        "starts with one of * { [ \" or has ': ' or ' #' in it\n"
        "    when: [any]\n"
        "          ^\n"},
    {"warn field slip",
        "segments:\n"
        "  - name: a\n"
        "    when: any(view{category=\"shoes\"}[1d])\n"
        "  - name: b\n"
        "    when: any(view{category=\"hats\"}[1d])\n"
        "  - name: c\n"
        "    when: any(view{categroy=\"hats\"}[1d])\n",
        "rules.yaml:7:20: warning: no other place uses the field 'categroy'; did you mean "
        "'category'?\n"
        "    when: any(view{categroy=\"hats\"}[1d])\n"
        "                   ^\n"},
    {"warn type slip",
        "segments:\n"
        "  - name: a\n"
        "    when: any(purchase[1d])\n"
        "  - name: b\n"
        "    when: any(purchase[2d]) or any(purchse[2d])\n",
        "rules.yaml:5:36: warning: no other place uses the event type 'purchse'; did you "
        "mean 'purchase'?\n"
        "    when: any(purchase[2d]) or any(purchse[2d])\n"
        "                                   ^\n"},
    {"warn string number",
        "segments:\n"
        "  - name: a\n"
        "    when: count(view[1d]) == \"3\"\n",
        "rules.yaml:3:30: warning: a number and a string are never equal, so this is never "
        "true; a number stands without quotes\n"
        "    when: count(view[1d]) == \"3\"\n"
        "                             ^\n"},
    {"warn string arith",
        "segments:\n"
        "  - name: a\n"
        "    when: trait.age + \"3\" > 4\n",
        "rules.yaml:3:23: warning: arithmetic with a string has no value, and a comparison "
        "with no value is false\n"
        "    when: trait.age + \"3\" > 4\n"
        "                      ^\n"},
    {"file empty", "", "rules.yaml: warning: there are no segments in this file\n"},
};

static void
report_of(const char *rules, struct buffer *out)
{
    const struct language_limits limits = {1024};
    struct report *report = report_new();
    struct yaml_document *file = yaml_parse(FILE_NAME, text_of(rules), report);
    const struct yaml_document *files[] = {file};
    struct plan *plan = NULL;

    if (file != NULL)
        plan = language_compile(files, 1, &limits, report);
    assert_true((plan == NULL) == (report_error_count(report) > 0));
    report_print(report, out);
    buffer_add_char(out, '\0');
    plan_free(plan);
    yaml_free(file);
    report_free(report);
}

static void
a_wrong_file_is_told_what_is_wrong_and_where(void **state)
{
    const struct wrong_file *file = *state;
    struct buffer out;

    buffer_init(&out);
    report_of(file->rules, &out);
    assert_string_equal(out.bytes, file->expected);
    buffer_fini(&out);
}

static void
at_most_twenty_errors_are_shown_and_the_rest_counted(void **state)
{
    struct buffer rules, out;
    uint32_t carets = 0;

    (void)state;
    buffer_init(&rules);
    buffer_init(&out);
    buffer_add_literal(&rules, "segments:\n");
    for (int i = 0; i < 50; i++)
        buffer_printf(&rules, "  - name: s%d\n    when: count(view)\n", i);
    buffer_add_char(&rules, '\0');
    report_of(rules.bytes, &out);
    for (size_t i = 0; i < out.length; i++)
        carets += out.bytes[i] == '^';
    assert_int_equal(carets, 20);
    assert_non_null(strstr(out.bytes, "80 more"));
    buffer_fini(&rules);
    buffer_fini(&out);
}

static void
a_name_in_two_files_names_the_first_place(void **state)
{
    static const char *const rules = "segments:\n  - name: a\n    when: any(x[1d])\n";
    const struct language_limits limits = {1024};
    struct report *report = report_new();
    struct yaml_document *files[] = {yaml_parse("one.yaml", text_of(rules), report),
        yaml_parse("two.yaml", text_of(rules), report)};
    const struct yaml_document *read[] = {files[0], files[1]};
    struct buffer out;

    (void)state;
    buffer_init(&out);
    assert_null(language_compile(read, 2, &limits, report));
    report_print(report, &out);
    buffer_add_char(&out, '\0');
    assert_string_equal(out.bytes,
        "two.yaml:2:11: segment 'a' is there already, at one.yaml:2:11; a name is given once\n"
        "    - name: a\n"
        "            ^\n");
    buffer_fini(&out);
    yaml_free(files[0]);
    yaml_free(files[1]);
    report_free(report);
}

#define WRONG_FILES (sizeof(wrong_files) / sizeof(wrong_files[0]))

int
main(void)
{
    struct CMUnitTest tests[WRONG_FILES + 2];
    union {
        const void *constant;
        void *state;
    } file;

    for (size_t i = 0; i < WRONG_FILES; i++) {
        file.constant = &wrong_files[i];
        tests[i] = (struct CMUnitTest){wrong_files[i].name,
            a_wrong_file_is_told_what_is_wrong_and_where, NULL, NULL, file.state};
    }
    tests[WRONG_FILES] =
        (struct CMUnitTest)cmocka_unit_test(at_most_twenty_errors_are_shown_and_the_rest_counted);
    tests[WRONG_FILES + 1] =
        (struct CMUnitTest)cmocka_unit_test(a_name_in_two_files_names_the_first_place);
    return cmocka_run_group_tests_name("language errors", tests, NULL, NULL);
}

/* All of test_json with the scanner that knows no processor: its files once more, in this program.
 */
#define SCAN_PORTABLE
#include "pipeline/decode/scan.c"
#include "pipeline/decode/json.c"
#include "tests/unit/test_json.c"

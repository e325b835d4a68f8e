/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a status socket, or what passes for one, may answer: read, arranged and drawn. */
#include "fuzz.h"
#include "top/internal.h"

#include <string.h>

static void must_be_shown(const struct canvas *canvas)
{
    char line[600];

    for (unsigned l = 0; l < canvas->lines; l++) {
        size_t used = 0;

        for (unsigned c = 0; c < canvas->columns; c++) {
            const char *one = canvas->cells[l * canvas->columns + c].text;

            memcpy(line + used, one, strlen(one));
            used += strlen(one);
        }
        MUST(fuzz_is_shown(line, used, false));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct top_options options = {.sort = TOP_BY_USAGE, .tree = size % 2};
    struct canvas canvas = {0};
    struct failure why = {""};
    struct top_model *model = top_model_read((const char *)data, size, &why);
    struct top_view view;

    if (!model) {
        MUST(why.text[0] != '\0');
        return 0;
    }
    top_view_init(&view, &options);
    MUST(top_view_arrange(&view, model) == 0 &&
         view.row_count <= model->vcpu_count + model->domain_count);
    for (view.screen = TOP_MAIN; view.screen <= TOP_HELP; view.screen++) {
        MUST(canvas_clear(&canvas, 80, 24) == 0);
        top_draw(&canvas, model, &view);
        must_be_shown(&canvas);
    }
    canvas_finish(&canvas);
    top_view_finish(&view);
    top_model_free(model);
    return 0;
}

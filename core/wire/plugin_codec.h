/**
 * A plugin's codec row as a codec of net: a pure function of the message, on I/O threads.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef WIRE_PLUGIN_CODEC_H
#define WIRE_PLUGIN_CODEC_H

#include <confab/provider/codec.h>

struct codec;

/** Fill a row for net. The plugin's row must live as long as net knows it. Thread: any. */
void plugin_codec(const struct confab_codec_row *row, struct codec *out);

#endif

/**
 * The protocol's documents without a running server: the core's rows, and those of the plugins that a
 * configuration names, read from their tables. Nothing of the plugins runs.
 *
 * SPDX-License-Identifier: MIT
 */
#include "server/server_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/plugin_tables.h"
#include "ops/document.h"
#include "ops/ops.h"
#include "pipeline/command.h"
#include "pipeline/kind.h"
#include "plugin/descriptor.h"
#include "plugin/loader.h"
#include "wire/op_table.h"

static const struct {
	const char *name;
	json_t *(*print)(const struct document_source *from);
} documents[] = {
	{"openapi", document_openapi},
	{"asyncapi", document_asyncapi},
};
#define N_DOCUMENTS (sizeof(documents) / sizeof(documents[0]))

/** As much of a server as rows are registered with. */
struct tables {
	struct wire wire;
	struct pipeline pipeline;
	struct ops ops;
	struct descriptor *plugins;
};

/** The rows of one plugin. Thread: main. */
static int add_plugin(struct tables *t, const struct image *image, struct descriptor *desc,
	struct confab_error *err)
{
	const char *name = image->manifest.name;
	int rc = descriptor_read(image->descriptor, desc, err);

	for (uint32_t i = 0; !rc && i < desc->d.kinds.n; i++) {
		rc = kind_add(t->pipeline.kinds, &desc->kinds[i], NULL, desc, name, err);
	}
	for (uint32_t i = 0; !rc && i < desc->d.ops.n; i++) {
		rc = op_add(t->wire.ops, &desc->ops[i], NULL, desc, name, err);
	}
	return rc;
}

static int print(const struct tables *t, size_t which)
{
	const struct document_source from = {
		.ops = t->wire.ops, .kinds = t->pipeline.kinds, .version = PACKAGE_VERSION};
	json_t *document = documents[which].print(&from);
	int rc = json_dumpf(document, stdout, JSON_INDENT(1));

	json_decref(document);
	return rc || puts("") == EOF || fflush(stdout) ? 1 : 0;
}

/** Everything registered, then the document. */
static int fill_and_print(struct tables *t, const struct plugin_tables *found, size_t which)
{
	struct confab_error err = {0};
	int rc = ops_register(&t->ops, &err);

	for (size_t i = 0; i < found->n_problems; i++) {
		fprintf(stderr, "confabd: %s\n", found->problems[i]);
	}
	for (size_t i = 0; !rc && i < found->n; i++) {
		rc = add_plugin(t, &found->images[i], &t->plugins[i], &err);
	}
	if (rc) {
		fprintf(stderr, "confabd: %s\n", err.text);
	}
	return rc || found->n_problems ? 1 : print(t, which);
}

/* -------------------------------------------------------------------------------------------- */

int server_print(const char *file, const char *document)
{
	struct plugin_tables found;
	struct tables t = {.wire = {.ops = op_table_new()},
		.pipeline = {.kinds = kinds_new(), .commands = commands_new()}};
	size_t which = 0;
	int status = 2;

	t.ops = (struct ops){.pl = &t.pipeline, .wire = &t.wire, .version = PACKAGE_VERSION};
	while (which < N_DOCUMENTS && strcmp(documents[which].name, document) != 0) {
		which++;
	}
	plugin_tables_init(&found, file);
	t.plugins = calloc(found.n + 1, sizeof(*t.plugins));
	if (which == N_DOCUMENTS || !t.plugins) {
		fprintf(stderr, "confabd: --print takes openapi or asyncapi, not '%.40s'\n",
			document);
	} else {
		status = fill_and_print(&t, &found, which);
	}
	op_table_free(t.wire.ops);
	kinds_free(t.pipeline.kinds);
	commands_free(t.pipeline.commands);
	document_cache_free(t.ops.documents);
	for (size_t i = 0; t.plugins && i < found.n; i++) {
		descriptor_fini(&t.plugins[i]);
	}
	free(t.plugins);
	plugin_tables_fini(&found);
	return status;
}

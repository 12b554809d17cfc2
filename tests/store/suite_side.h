/**
 * The suite's tests about search and what lies beside logs; suite.c runs them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_STORE_SUITE_SIDE_H
#define TESTS_STORE_SUITE_SIDE_H

void test_search_words(void **state);
void test_search_scripts(void **state);
void test_search_forgets(void **state);
void test_cursors(void **state);
void test_own_marks(void **state);
void test_todos(void **state);
void test_leases(void **state);
void test_docs(void **state);
void test_docs_found(void **state);
void test_purge(void **state);
void test_purge_old(void **state);

#endif

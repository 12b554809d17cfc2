/**
 * Unicode normalisation in UTF-16, for those who work on with ICU. <confab/text.h> is what others want.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <unicode/unorm2.h>

/**
 * One normaliser over a text.
 *
 * @param in      freed
 * @param len     its length, set to the result's [UTF-16 units]
 * @param status  as ICU has it: nothing is done after a failure
 * @return a new piece of memory, the caller's
 * Thread: any.  Source: Unicode UAX 15.
 */
UChar *text_normalise(const UNormalizer2 *form, UChar *in, int32_t *len, UErrorCode *status);

#endif

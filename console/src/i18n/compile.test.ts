import { expect, test } from 'vitest'
import { createI18n } from 'vue-i18n'

import { compile } from './compile'

const spoken = (text: string, values: Record<string, unknown> = {}, many = 1): string =>
  createI18n({ legacy: false, locale: 'en', messages: { en: { text } }, messageCompiler: (each: unknown) => compile(String(each)) }).global.t('text', values, many)

test.each([
  ['Nothing to fill in', {}, 'Nothing to fill in'],
  ['{first} and {second}, then {first}', { first: 'one', second: 2 }, 'one and 2, then one'],
  ["mail{'@'}host, {'{'}braces{'}'}", {}, 'mail@host, {braces}'],
  ['{missing} is nothing', {}, ' is nothing'],
  ['{a}{b}', { a: '{b}', b: ' | ' }, '{b} | '],
])('%s', (text, values, said) => expect(spoken(text, values)).toBe(said))

test.each([
  ['{count} thing | {count} things', [0, 1, 2], ['0 things', '1 thing', '2 things']],
  ['none | one | {count} of them', [0, 1, 7], ['none', 'one', '7 of them']],
])('as many as there are: %s', (text, counts, said) => expect(counts.map((count) => spoken(text, { count }, count))).toEqual(said))

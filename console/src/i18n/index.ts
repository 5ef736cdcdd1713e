/**
 * Two languages, both complete: `Same` makes the compiler compare them, and `texts.test.ts` looks for keys nobody has.
 *
 * A page keeps its texts beside it and adds them when it is loaded: `addTexts('accounts', en, zh)`, then `t('accounts.title')`.
 */
import { createI18n } from 'vue-i18n'

import { compile } from './compile'
import { en } from './en'
import { zh } from './zh'

export type Language = 'en' | 'zh'
/** The shape of the English texts, in other words. */
export type Same<T> = { [K in keyof T]: T[K] extends string ? string : Same<T[K]> }
export interface Texts { [key: string]: string | Texts }

const KEPT = 'isthmus.language'
export const LANGUAGES: readonly { value: Language; label: string; tag: string }[] = [
  { value: 'en', label: 'English', tag: 'en' },
  { value: 'zh', label: '简体中文', tag: 'zh-CN' },
]

function firstLanguage(): Language {
  const kept = localStorage.getItem(KEPT)
  if (kept === 'en' || kept === 'zh') return kept
  const wanted = navigator.languages.find((tag) => /^(en|zh)\b/i.test(tag))
  return wanted?.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}

export const i18n = createI18n({
  legacy: false,
  locale: firstLanguage() as string,
  fallbackLocale: 'en',
  messageCompiler: (text) => compile(String(text)),
  messages: { en, zh } as Record<string, Texts>,
})

/** In scripts outside components; inside them, `useI18n().t` is the same. */
export const t = i18n.global.t

export function addTexts<T extends Texts>(name: string, english: T, chinese: Same<T>): void {
  i18n.global.mergeLocaleMessage('en', { [name]: english })
  i18n.global.mergeLocaleMessage('zh', { [name]: chinese })
}

export function language(): Language {
  return i18n.global.locale.value as Language
}

export function speak(chosen: Language): void {
  i18n.global.locale.value = chosen
  localStorage.setItem(KEPT, chosen)
  document.documentElement.lang = LANGUAGES.find((each) => each.value === chosen)?.tag ?? chosen
}

document.documentElement.lang = LANGUAGES.find((each) => each.value === language())?.tag ?? 'en'

import { useColorMode } from '@vueuse/core'
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'

import { LANGUAGES, speak } from '../i18n'

/** Menu entries that choose the theme and the language. */
export function useAppearance() {
  const { t, locale } = useI18n()
  const mode = useColorMode()
  const themes = computed(() => [
    theme('light', t('theme.light'), 'i-lucide-sun'),
    theme('dark', t('theme.dark'), 'i-lucide-moon'),
    theme('auto', t('theme.system'), 'i-lucide-monitor'),
  ])
  const languages = computed(() =>
    LANGUAGES.map(({ value, label, tag }) => ({ label, lang: tag, type: 'checkbox' as const, checked: locale.value === value, onSelect: () => { speak(value) } })),
  )

  function theme(value: 'light' | 'dark' | 'auto', label: string, icon: string) {
    return { label, icon, type: 'checkbox' as const, checked: mode.store.value === value, onSelect: () => { mode.store.value = value } }
  }

  return { themes, languages }
}

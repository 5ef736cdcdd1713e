import { useI18n } from 'vue-i18n'

import { compact, usd } from '../../format'
import { isMoney, type Budget } from './terms'
import './texts'

/** “Tokens per day: 1.2K of 5K”. */
export function useBudgetText(): (budget: Budget, named?: boolean) => string {
  const { t } = useI18n()
  return ({ name, used, limit }, named = true) => {
    const shown = isMoney(name) ? usd : compact
    const amount = t('keys.of', { used: shown(used), limit: shown(limit) })
    return named ? `${t(`keys.term.${name}`)}: ${amount}` : amount
  }
}

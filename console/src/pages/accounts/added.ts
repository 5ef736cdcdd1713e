/** What became of accounts that were sent together, or would, as a report shows it. */
import type { components } from '../../api/schema'
import { t } from '../../i18n'
import './texts'

export interface Added {
  place: string
  result: 'added' | 'already_here' | 'replaced' | 'invalid'
  label: string
  /** Why it was refused, or where it is already. */
  words: string
}
type Answer = Pick<components['schemas']['AddedAnswer'], 'index' | 'result' | 'label' | 'fields' | 'here_as' | 'same_as'>

/** `placeOf` names an entry by its place among those that were sent. */
export function reportOf(item: Answer, placeOf: (index: number) => string, unnamed = ''): Added {
  const wrong = item.fields.map(({ field, message }) => (field ? `${field}: ${message}` : message))
  const same = item.same_as === null ? [] : [t('accounts.sameAs', { place: placeOf(item.same_as) })]
  const here = item.here_as === null || item.here_as === item.label ? [] : [t('accounts.hereAs', { name: item.here_as })]
  return { place: placeOf(item.index), result: item.result, label: item.label || unnamed, words: [...wrong, ...same, ...here].join(' · ') }
}

export const refusal = (place: string, label: string, words: string): Added => ({ place, result: 'invalid', label, words })

/** How many accounts adding would change or bring. */
export const comingIn = (items: readonly Added[]): number => items.filter((each) => each.result === 'added' || each.result === 'replaced').length

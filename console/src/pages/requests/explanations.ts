/** What the words of the log mean: classes of failures, and what a client sent that an upstream could not be told. A test in Python holds the list complete. */
import { language, type Language } from '../../i18n'
import explained from './explanations.json'

interface Explanation { what: string; do: string }
type Explained<T = Explanation> = Record<string, Record<Language, T>>

const errors: Explained = explained.errors
const losses: Explained = explained.losses
const beginnings = Object.entries<Record<Language, Explanation>>(explained.lossesBeginning)
const actions: Explained<{ name: string; what: string }> = explained.actions

/** Classes of failures, as the gateway tells them apart (docs/errors.md). */
export const KINDS = Object.keys(errors)

export const ofError = (kind: string): Explanation | undefined => errors[kind]?.[language()]
export const ofAction = (action: string): { name: string; what: string } | undefined => actions[action]?.[language()]

/** Of what was lost; a name that only some vendors know has a general one. */
export function ofLoss(field: string): Explanation {
  const found = losses[field] ?? beginnings.find(([beginning]) => field.startsWith(beginning))?.[1] ?? explained.otherLoss
  return found[language()]
}

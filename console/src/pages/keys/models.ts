/** Which model the settings name before anybody has chosen one. */
import type { Model } from '../../api/types'

type Known = Pick<Model, 'name' | 'provider' | 'problem'> & Partial<Pick<Model, 'alias_of'>>

/** One that is served and that the key may use: of the source that was just added, else an alias, else of any source but the dummy, else any. */
export function firstModel(models: readonly Known[], wanted: { models?: readonly string[] | null; provider?: string }): string {
  const served = models.filter((each) => each.problem === null && allowed(each, wanted.models))
  const of = (fits: (each: Known) => boolean): string | undefined => served.find(fits)?.name
  return of((each) => each.provider === wanted.provider && wanted.provider !== undefined) ?? of((each) => each.alias_of != null) ?? of((each) => !each.name.startsWith('dummy')) ?? of(() => true) ?? ''
}

function allowed({ name, provider }: Known, patterns: readonly string[] | null | undefined): boolean {
  return !patterns || patterns.some((pattern) => fits(pattern, name) || (provider !== null && fits(pattern, `${provider}/${name}`)))
}

function fits(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 'is').test(name)
}

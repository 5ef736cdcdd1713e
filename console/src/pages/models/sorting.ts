/** What the lists of this page show. */
import type { Model } from '../../api/types'

export interface Wanted { text: string; provider: string; kind: string }

export function wantedModels(models: readonly Model[], { text, provider, kind }: Wanted): Model[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return models.filter((each) => {
    const said = [each.name, each.model ?? '', each.alias_of ?? '', each.provider ?? ''].join('\n').toLowerCase()
    return (!provider || each.provider === provider) && (!kind || each.kind === kind) && words.every((word) => said.includes(word))
  })
}

export interface Alias { name: string; target: string; origin: string; served: Model | undefined }

/** With whose word each alias is: one that differs from file and environment was set here. */
export function aliasesOf(setting: { value: unknown; configured: unknown; source: string; changed: boolean }, models: readonly Model[]): Alias[] {
  const value = (setting.value ?? {}) as Record<string, string>
  const configured = (setting.configured ?? {}) as Record<string, string>
  return Object.keys(value).sort().map((name) => ({
    name,
    target: value[name] ?? '',
    origin: configured[name] !== value[name] ? 'stored' : setting.changed ? 'configured' : setting.source,
    served: models.find((each) => each.name === name),
  }))
}

/** Without an alias, or with it under another name or for another target. */
export function withAlias(aliases: Record<string, string>, before: string | null, after: { name: string; target: string } | null): Record<string, string> {
  const { [before ?? '']: _, ...others } = aliases
  return after ? { ...others, [after.name]: after.target } : others
}

/** 200000 → 200k, as context windows are spoken of. */
export const thousands = (tokens: number | null | undefined): string => (tokens == null ? '–' : tokens >= 1_000_000 ? `${Number((tokens / 1_000_000).toFixed(2))}M` : tokens >= 1000 ? `${Number((tokens / 1000).toFixed(1))}k` : String(tokens))

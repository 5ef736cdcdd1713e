/** A price as a form holds it: texts, empty where a price is left out. */
import type { PriceBody } from './queries'

export const FIGURES = ['input', 'output', 'cache_read', 'cache_write_5m', 'cache_write_1h', 'web_search'] as const
export type Figure = (typeof FIGURES)[number]
export interface PriceForm { figures: Record<Figure, string>; above: string; note: string }

export function formOf(price?: Partial<PriceBody>): PriceForm {
  return {
    figures: Object.fromEntries(FIGURES.map((name) => [name, price?.[name] == null ? '' : String(price[name])])) as Record<Figure, string>,
    above: price?.above?.length ? JSON.stringify(price.above.map(present), null, 2) : '',
    note: price?.note ?? '',
  }
}

/** Throws `SyntaxError` when the steps are no JSON list. What is no number is left to the gateway to refuse. */
export function bodyOf({ figures, above, note }: PriceForm): PriceBody {
  const steps: unknown = above.trim() ? JSON.parse(above) : []
  if (!Array.isArray(steps)) throw new SyntaxError('not a list')
  const said = Object.fromEntries(FIGURES.map((name) => [name, figureOf(figures[name])]))
  return { ...said, above: steps, note: note.trim() || null } as PriceBody
}

function figureOf(text: string): number | string | null {
  const said = text.trim().replace(/^\$/, '')
  if (said === '') return null
  return Number.isFinite(Number(said)) ? Number(said) : said
}

const present = (step: object): object => Object.fromEntries(Object.entries(step).filter(([, value]) => value !== null))

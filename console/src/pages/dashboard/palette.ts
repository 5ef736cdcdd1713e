/** Colours of charts. A drawing program takes no CSS variables; these stand out from the page by 3 to 1 in both themes. */
import type { Tone } from './charts'

type Colours = Record<Tone, string> & { text: string; rule: string; surface: string }

export const LIGHT: Colours = {
  good: '#0d9488', bad: '#dc2626', left: '#64748b', input: '#2563eb', output: '#c2410c', p50: '#0d9488', p90: '#b45309', p99: '#7c3aed',
  text: '#475569', rule: '#e2e8f0', surface: '#ffffff',
}
export const DARK: Colours = {
  good: '#2dd4bf', bad: '#f87171', left: '#94a3b8', input: '#60a5fa', output: '#fb923c', p50: '#2dd4bf', p90: '#fbbf24', p99: '#a78bfa',
  text: '#cbd5e1', rule: '#334155', surface: '#0f172a',
}

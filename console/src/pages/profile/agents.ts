/** What a browser says it is, in two words: the order matters, as most say they are others, too. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(Chrome|CriOS|HeadlessChrome)\//, 'Chrome'],
  [/\bVersion\/.*Safari\//, 'Safari'],
  [/^curl\//, 'curl'],
]
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\b(iPhone|iPad)\b/, 'iOS'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
]

export interface Agent { browser: string | null; system: string | null }

const named = (agent: string, names: typeof BROWSERS): string | null => names.find(([sign]) => sign.test(agent))?.[1] ?? null

export const agentOf = (text: string): Agent => ({ browser: named(text, BROWSERS), system: named(text, SYSTEMS) })
export const isHeldInHand = ({ system }: Agent): boolean => system === 'iOS' || system === 'Android'

/** How settings are grouped for reading: by section, with those that stand alone in the file put where they belong. */
import type { Setting } from '../../api/types'

export const GROUPS = [
  { id: 'routing', icon: 'i-lucide-route', sections: [], names: ['default_provider', 'aliases', 'auto_cache'] },
  { id: 'accounts', icon: 'i-lucide-users-round', sections: ['accounts'], names: [] },
  { id: 'time', icon: 'i-lucide-timer', sections: ['defaults', 'streams'], names: [] },
  { id: 'compression', icon: 'i-lucide-fold-vertical', sections: ['compression'], names: [] },
  { id: 'cache', icon: 'i-lucide-zap', sections: ['cache'], names: [] },
  { id: 'conversations', icon: 'i-lucide-messages-square', sections: ['conversations'], names: [] },
  { id: 'images', icon: 'i-lucide-image', sections: ['images'], names: [] },
  { id: 'logs', icon: 'i-lucide-scroll-text', sections: ['request_log', 'logging'], names: [] },
  { id: 'access', icon: 'i-lucide-shield', sections: ['ip_limit', 'limits', 'admin', 'mirror'], names: ['api_keys'] },
  { id: 'server', icon: 'i-lucide-server', sections: ['server', 'storage'], names: [] },
] as const satisfies readonly { id: string; icon: string; sections: readonly string[]; names: readonly string[] }[]

/** Of the browser, not of the gateway. */
export const APPEARANCE = 'appearance'
/** What a newer gateway has and no group here knows. */
export const OTHERS = 'others'
type Named = Pick<Setting, 'name' | 'section'>

export function groupOf({ name, section }: Named): string {
  const found = GROUPS.find((group) => (group.names as readonly string[]).includes(name) || (section !== '' && (group.sections as readonly string[]).includes(section)))
  return found?.id ?? OTHERS
}

export interface Group<S> { id: string; settings: S[] }

/** Groups that have settings, in the order of the page; inside, those that may be changed stand first. */
export function grouped<S extends Named & Pick<Setting, 'live'>>(settings: readonly S[]): Group<S>[] {
  return [...GROUPS.map((each) => each.id), OTHERS]
    .map((id) => {
      const inside = settings.filter((each) => groupOf(each) === id)
      return { id, settings: [...inside.filter((each) => each.live), ...inside.filter((each) => !each.live)] }
    })
    .filter((group) => group.settings.length > 0)
}

/** Whether every word stands in what is said about it; upper or lower case. */
export function matches(words: string, ...said: readonly string[]): boolean {
  const text = said.join('\n').toLowerCase()
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word))
}

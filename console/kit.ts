/**
 * Nuxt UI, cut to what the console uses: what a first visit fetches is counted in tests/console/test_shell.py.
 *
 * The kit is written for pages that use all of it. Three things of it cost every visitor of ours and serve none:
 * parts of reka-ui that come in one piece, parts that are drawn only later if ever, and an icon component that can ask the network.
 * One thing it says in English whatever the language is taken away.
 * The plugins below read the kit's own sources; when a new version no longer says what they look for, the build fails here.
 */
import * as parts from 'reka-ui'
import * as groups from 'reka-ui/namespaced'
import type { Plugin } from 'vite'

const OF_THE_KIT = /@nuxt\/ui\/dist\/runtime\/(?:vue\/)?(?:overrides\/vue-router\/)?components\/(\w+)\.vue$/

/** Components of the kit that another one of its components draws only on some occasion: fetched then. */
const LATER: Readonly<Record<string, readonly string[]>> = {
  App: ['Toaster'],
  DashboardSidebar: ['Modal', 'Drawer', 'Slideover'],
}

export const kit = (): Plugin[] => [singleGroups(), drawnLater(), quietTriggers()]

/**
 * `import { Popover, HoverCard } from 'reka-ui/namespaced'` brings every group that anybody imports, as all of them are one module.
 * Here each group becomes a module of its own.
 */
function singleGroups(): Plugin {
  const OWN = '\0reka-ui/'
  const names = new Map(Object.entries(parts).map(([name, part]) => [part as unknown, name]))
  return {
    name: 'isthmus:single-groups',
    enforce: 'pre',
    resolveId: (id) => (id.startsWith('reka-ui/namespaced/') ? id.replace('reka-ui/namespaced/', OWN) : undefined),
    load(id) {
      if (!id.startsWith(OWN)) return
      const name = id.slice(OWN.length)
      const members = Object.entries(groups[name as keyof typeof groups]).map(([member, part]) => `${member}: ${names.get(part) ?? this.error(`reka-ui does not export ${name}.${member}`)}`)
      return { code: `import { ${[...new Set(members.map((each) => each.split(': ')[1]))].join(', ')} } from 'reka-ui'\nexport const ${name} = { ${members.join(', ')} }`, moduleSideEffects: false }
    },
    transform(code, id) {
      if (!OF_THE_KIT.test(id)) return
      return code.replace(/import \{([^}]+)\} from "reka-ui\/namespaced";/g, (_, wanted: string) => wanted.split(',').map((each) => {
        const name = each.trim().split(' ')[0] ?? ''
        return `import { ${each.trim()} } from 'reka-ui/namespaced/${name}';`
      }).join(''))
    },
  }
}

/** Turns imports into ones that happen when the component is drawn. */
function drawnLater(): Plugin {
  return {
    name: 'isthmus:drawn-later',
    enforce: 'pre',
    transform(code, id) {
      const later = LATER[OF_THE_KIT.exec(id)?.[1] ?? '']
      if (!later) return
      return later.reduce((written, name) => {
        const now = `import U${name} from "./${name}.vue";`
        if (!written.includes(now)) this.error(`the kit no longer says: ${now}`)
        return written.replace(now, `import { defineAsyncComponent as later${name} } from "vue"; const U${name} = later${name}(() => import("./${name}.vue"));`)
      }, code)
    },
  }
}

/**
 * The sign at the end of a field with suggestions calls itself "Show popup". It is for the mouse: keys never come to it, and the
 * field itself says that it has a list. So only those who see it are told of it.
 */
function quietTriggers(): Plugin {
  return {
    name: 'isthmus:quiet-triggers',
    enforce: 'pre',
    transform(code, id) {
      if (OF_THE_KIT.exec(id)?.[1] !== 'InputMenu') return
      const loud = '<Component.Trigger v-if="isTrailing'
      if (!code.includes(loud)) this.error(`the kit no longer says: ${loud}`)
      return code.replace(loud, '<Component.Trigger aria-hidden="true" v-if="isTrailing')
    },
  }
}

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

export const kit = (): Plugin[] => [singleGroups(), drawnLater(), longLists(), quietTriggers()]

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
      const members = Object.entries(groups[name as keyof typeof groups]).map(([member, part]) => ({ member, part: names.get(part) ?? this.error(`reka-ui does not export ${name}.${member}`) }))
      const now = new Set(members.map((each) => each.part).filter((part) => !isVirtualizer(part)))
      return { code: `import { defineAsyncComponent } from 'vue'\nimport { ${[...now].join(', ')} } from 'reka-ui'\nexport const ${name} = { ${members.map(({ member, part }) => `${member}: ${isVirtualizer(part) ? fetched(part) : part}`).join(', ')} }`, moduleSideEffects: false }
    },
    transform(code, id) {
      if (!OF_THE_KIT.test(id)) return
      const written = code.replace(/import \{([^}]+)\} from "reka-ui\/namespaced";/g, (_, wanted: string) => wanted.split(',').map((each) => {
        const name = each.trim().split(' ')[0] ?? ''
        return `import { ${each.trim()} } from 'reka-ui/namespaced/${name}';`
      }).join(''))
      if (written.includes('"reka-ui/namespaced"')) this.error(`${id} takes parts of reka-ui in another way than expected`)
      return written
    },
  }
}

const PART = 'virtual:reka-ui-part/'
/** Parts that draw of a long list only what is in sight: few lists are long. */
const isVirtualizer = (part: string): boolean => part.endsWith('Virtualizer')
const fetched = (part: string): string => `defineAsyncComponent(() => import('${PART}${part}'))`

/** Fetches what long lists need when there is one. */
function longLists(): Plugin {
  return {
    name: 'isthmus:long-lists',
    enforce: 'pre',
    resolveId: (id) => (id.startsWith(PART) ? `\0${id}` : undefined),
    load: (id) => (id.startsWith(`\0${PART}`) ? `export { ${id.slice(PART.length + 1)} as default } from 'reka-ui'` : undefined),
    transform(code, id) {
      if (OF_THE_KIT.exec(id)?.[1] !== 'SelectMenu') return
      const now = ' ComboboxVirtualizer,'
      if (!code.includes(now)) this.error(`the kit no longer says: ${now}`)
      return code.replace(now, '').replace('<script setup>', `<script setup>\nimport { defineAsyncComponent } from "vue";\nconst ComboboxVirtualizer = ${fetched('ComboboxVirtualizer')};`)
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

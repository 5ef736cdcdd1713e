import { defineAsyncComponent, defineComponent, h, type Component } from 'vue'

type Module<T> = () => Promise<{ default: T }>
type Given = Readonly<Record<string, unknown>>

/**
 * A dialog or a panel that is fetched when it is opened first: a first visit to its page does without. From then on it stays, so that
 * it can close slowly.
 *
 *     const ExportDialog = later(() => import('./ExportDialog.vue'), ({ open }) => open)
 *
 * `isOpen` tells from what the page gives it, by the names as the page writes them.
 */
export function later<T extends Component>(load: Module<T>, isOpen: (given: Given) => unknown): T {
  const fetched = defineAsyncComponent(load as Module<Component>)
  return defineComponent({
    inheritAttrs: false,
    setup(_, { attrs, slots }) {
      let wanted = false
      return () => {
        wanted ||= Boolean(isOpen(attrs))
        return wanted ? h(fetched, attrs, slots) : null
      }
    },
  }) as unknown as T
}

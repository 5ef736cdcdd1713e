import ui from '@nuxt/ui/vite'
import vue from '@vitejs/plugin-vue'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

import { kit } from './kit.ts'

/** Where a gateway runs while the console is developed; `npm run dev` passes its API through. */
const gateway = process.env.ISTHMUS_URL ?? 'http://127.0.0.1:8000'

const source = (file: string): string => fileURLToPath(new URL(`src/${file}`, import.meta.url))

export default defineConfig({
  base: '/admin/',
  plugins: [
    kit(),
    vue(),
    ui({
      // Icons travel in the bundle: the console asks no other host for anything.
      icon: { clientBundle: { scan: { globInclude: ['src/**/*.{ts,vue}'] } } },
      autoImport: { dts: 'src/auto-imports.d.ts' },
      components: { dts: 'src/components.d.ts', dirs: [] },
      ui: { colors: { primary: 'teal', neutral: 'slate' } },
      // Only of these, and only of components that occur, are there styles.
      theme: { colors: ['primary', 'success', 'info', 'warning', 'error'] },
      experimental: { componentDetection: true },
    }),
  ],
  // What is not used here stays out of the bundle.
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_I18N_LEGACY_API__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
    // Texts are read by src/i18n/compile.ts.
    __INTLIFY_DROP_MESSAGE_COMPILER__: true,
  },
  resolve: {
    alias: [
      { find: /^@(?=\/)/, replacement: source('.') },
      { find: /^@iconify\/vue$/, replacement: source('icons.ts') },
      { find: /^vue-i18n$/, replacement: 'vue-i18n/dist/vue-i18n.runtime.mjs' },
    ],
  },
  build: {
    outDir: '../src/isthmus/console/site',
    emptyOutDir: true,
    // The Content-Security-Policy allows no data: scripts or fonts, and a file is cached for good.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The frame and all that it uses is one file: each file costs headers, and compresses by itself.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'base', tags: ['$initial'] }] } } },
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '^/(v1|v2|stats|health)': { target: gateway } } },
})

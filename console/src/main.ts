import './theme.css'

import { VueQueryPlugin } from '@tanstack/vue-query'
import { createPinia } from 'pinia'
import { init as takeIcons } from 'virtual:nuxt-ui-icons'
import { createApp } from 'vue'

import App from './App.vue'
import { i18n } from './i18n'
import { addIcon } from './icons'
import { queries } from './queries'
import { router } from './router'

takeIcons(addIcon)
createApp(App).use(createPinia()).use(i18n).use(VueQueryPlugin, { queryClient: queries }).use(router).mount('#app')

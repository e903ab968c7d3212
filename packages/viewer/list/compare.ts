import { element, pageRoot } from './element.js'

pageRoot().append(element('h1', { text: 'Compare' }))

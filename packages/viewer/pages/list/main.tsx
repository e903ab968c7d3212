import './list.css'
import { render } from 'preact'
import { applyTheme, readStoredTheme } from '../shared/theme.js'
import { ComparePage } from './compare/compare-page.js'
import { ListPage } from './list-page.js'

const root = document.getElementById('osprofiler')
const { view, store = '' } = document.body.dataset

applyTheme(readStoredTheme())
if (root !== null) render(view === 'compare' ? <ComparePage store={store} /> : <ListPage store={store} />, root)

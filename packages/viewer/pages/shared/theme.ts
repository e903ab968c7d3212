import { useState } from 'preact/hooks'

export type Theme = 'auto' | 'light' | 'dark'

const KEY = 'osprofiler-theme'
const NEXT: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' }

/** A page from a file, or one with storage switched off, may not be allowed to remember. */
export function storedTheme(): Theme {
  try {
    const value = localStorage.getItem(KEY)
    return value === 'light' || value === 'dark' ? value : 'auto'
  } catch {
    return 'auto'
  }
}

export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // It then lasts as long as the page.
  }
}

/** Goes on from the theme that the page has now: two presses may come before the page is drawn again. */
function applyNextTheme(): Theme {
  const { theme } = document.documentElement.dataset
  const next = NEXT[theme === 'light' || theme === 'dark' ? theme : 'auto']
  applyTheme(next)
  return next
}

/** The theme of the page, and what goes on to the next one. */
export function useTheme(): { readonly theme: Theme; readonly switchTheme: () => void } {
  const [theme, setTheme] = useState<Theme>(storedTheme)
  return { theme, switchTheme: () => setTheme(applyNextTheme()) }
}

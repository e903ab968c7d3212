import { useState } from 'preact/hooks'

/** Colors of the pages. `auto` follows the system. */
export type Theme = 'auto' | 'light' | 'dark'

const STORAGE_KEY = 'osprofiler-theme'
const NEXT_THEMES: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' }

/** Returns the stored theme, or `auto` if storage is switched off, or forbidden in a page from a file. */
export function readStoredTheme(): Theme {
  try {
    const value = localStorage.getItem(STORAGE_KEY)
    return value === 'light' || value === 'dark' ? value : 'auto'
  } catch {
    return 'auto'
  }
}

/** Applies a theme to the page, and stores the theme for the next page if the browser allows this. */
export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme
  try {
    localStorage.setItem(STORAGE_KEY, theme)
  } catch {
    // If the browser refuses to store the theme, the theme lasts as long as the page.
  }
}

/** Applies the theme after the page's current theme, because two presses may come before the page is drawn again. */
function applyNextTheme(): Theme {
  const { theme } = document.documentElement.dataset
  const next = NEXT_THEMES[theme === 'light' || theme === 'dark' ? theme : 'auto']
  applyTheme(next)
  return next
}

/** Returns the theme of the page, and a function that switches to the next theme. */
export function useTheme(): { readonly theme: Theme; readonly switchTheme: () => void } {
  const [theme, setTheme] = useState<Theme>(readStoredTheme)
  return { theme, switchTheme: () => setTheme(applyNextTheme()) }
}

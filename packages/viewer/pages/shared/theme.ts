import { useState } from 'preact/hooks'

/** The color theme of the pages. `auto` follows the system. */
export type Theme = 'auto' | 'light' | 'dark'

const STORAGE_KEY = 'osprofiler-theme'
const NEXT_THEMES: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' }

/**
 * Returns the stored theme, or `auto` if there is none. Also returns `auto` if storage is disabled, or is blocked
 * because the page was opened from a file.
 */
export function readStoredTheme(): Theme {
  try {
    const value = localStorage.getItem(STORAGE_KEY)
    return value === 'light' || value === 'dark' ? value : 'auto'
  } catch {
    return 'auto'
  }
}

/** Applies a theme to the page, and stores the theme for other pages if the browser allows storage. */
export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme
  try {
    localStorage.setItem(STORAGE_KEY, theme)
  } catch {
    // If the browser refuses to store the theme, the theme applies only to this page.
  }
}

/**
 * Applies the theme that follows the page's current one. Reads the current theme from the document, because the button
 * may be pressed twice before the page is drawn again.
 */
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

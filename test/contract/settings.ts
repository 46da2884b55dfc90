import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Settings } from '../../src/stores/store.ts'
import { oddTexts } from './records.ts'

type Opened = { readonly settings: Settings; close(): Promise<void> }

/** What every place for settings promises. */
export function settingsContract(name: string, open: () => Promise<Opened>): void {
  describe(`the settings in ${name}`, () => {
    let store: Opened

    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store.close())

    test('give back what was set last, and undefined for what never was', () => {
      expect(store.settings.get('admin')).toBeUndefined()
      store.settings.set('admin', 'a')
      store.settings.set('admin', 'b')
      expect(store.settings.get('admin')).toBe('b')
      expect(store.settings.get('adm')).toBeUndefined()
    })

    test('keep odd names and values to the letter', () => {
      for (const text of oddTexts) store.settings.set(text, text)
      for (const text of oddTexts) expect(store.settings.get(text)).toBe(text)
    })
  })
}

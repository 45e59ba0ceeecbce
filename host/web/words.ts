/**
 * The page's words in the chosen language, from the message catalogue. A key or placeholder that is
 * missing is a fault of ours and is thrown, never shown as a blank.
 */
import catalogue from '../../protocol/catalogue/page.json';

export type Language = 'vi' | 'en';
export const LANGUAGES: readonly Language[] = ['vi', 'en'];
export type WordKey = keyof typeof catalogue;

export function words(language: Language, key: WordKey, values: Record<string, string> = {}): string {
  return catalogue[key][language].replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${key} needs {${name}}`);
    return value;
  });
}

export function isLanguage(value: string | null): value is Language {
  return value === 'vi' || value === 'en';
}

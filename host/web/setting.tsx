/**
 * What every part of the page reads: the language, its words and its number formats. One context, so
 * that a change of language repaints everything and nothing is formatted outside it.
 */
import { createContext } from 'preact';
import { useContext, useMemo } from 'preact/hooks';
import { type Format, formatFor } from './format.js';
import { type Language, type WordKey, words } from './words.js';

export type Setting = {
  readonly language: Language;
  readonly zone: string;
  readonly format: Format;
  readonly word: (key: WordKey, values?: Record<string, string>) => string;
};

const SettingContext = createContext<Setting | null>(null);
export const SettingProvider = SettingContext.Provider;

export function useSetting(): Setting {
  const setting = useContext(SettingContext);
  if (setting === null) throw new Error('used outside the setting');
  return setting;
}

export function useNewSetting(language: Language, zone: string): Setting {
  return useMemo(
    () => ({
      language,
      zone,
      format: formatFor(language, zone),
      word: (key, values) => words(language, key, values),
    }),
    [language, zone],
  );
}

/** The dialect's name, as the config writes it and as sealed things carry it. */
export const dialectId = 'gemini-generate'

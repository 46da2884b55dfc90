import { bearer, openSampling, type Provider } from './provider.ts'

export const openai: Provider = {
  id: 'openai',
  name: 'OpenAI',
  dialect: 'openai-chat',
  baseUrl: 'https://api.openai.com/v1',
  keyFrom: ['OPENAI_API_KEY'],
  auth: bearer,
  also: [{ dialect: 'openai-responses', baseUrl: '.' }],
  serves: ['gpt-', 'chatgpt-', 'o1', 'o3', 'o4', 'text-embedding-3-', 'text-embedding-ada-', 'davinci-', 'babbage-'],
  quirks: {
    allowsTools: true,
    cacheMarks: 'prompt_cache_breakpoint',
    searchesBy: 'web_search_options',
    fetches: ['image'],
    refuses: [...openSampling],
  },
  docs: 'https://platform.openai.com/docs/api-reference',
}

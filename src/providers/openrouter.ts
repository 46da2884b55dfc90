import { bearer, type Provider } from './provider.ts'

export const openrouter: Provider = {
  id: 'openrouter',
  name: 'OpenRouter',
  dialect: 'openai-chat',
  baseUrl: 'https://openrouter.ai/api/v1',
  keyFrom: ['OPENROUTER_API_KEY'],
  auth: bearer,
  also: [
    { dialect: 'openai-responses', baseUrl: '.' },
    { dialect: 'anthropic-messages', baseUrl: '.' },
  ],
  quirks: {
    routesItself: true,
    reasoningIn: 'reasoning',
    thoughtsIn: 'reasoning_details',
    cacheMarks: 'cache_control',
    searchesBy: 'openrouter:web_search',
    fetches: ['image', 'document', 'video'],
  },
  docs: 'https://openrouter.ai/docs/api-reference/overview',
}

import { keyIn, type Provider } from './provider.ts'

export const google: Provider = {
  id: 'google',
  name: 'Google AI (Gemini API)',
  dialect: 'gemini-generate',
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  keyFrom: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  auth: keyIn('x-goog-api-key'),
  serves: ['gemini-', 'gemma-'],
  docs: 'https://ai.google.dev/api',
}

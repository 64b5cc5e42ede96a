export * from './known.js';

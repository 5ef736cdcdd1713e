"""What clients speak: one folder per dialect, bytes ↔ the core language. No dialect knows another, or any provider."""

"""Fine-tuning of NVIDIA's CTC models on data sets."""

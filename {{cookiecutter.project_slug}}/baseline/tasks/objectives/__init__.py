"""How each kind of task is learned: examples to tensors, tensors to a loss, outputs back."""

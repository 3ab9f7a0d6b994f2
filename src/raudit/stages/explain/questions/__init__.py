"""What is asked of explanations: importance, gaps, stand-ins, reasons, dependence, interactions."""

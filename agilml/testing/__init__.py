"""What tests of AgilML and of its plug-ins are made with; shipped, so that both use the same."""
